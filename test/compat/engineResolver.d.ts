/** From now on, this process takes n8n's engine from the folder that N8N_ENGINE names. */
export function useForRequire(): void;
