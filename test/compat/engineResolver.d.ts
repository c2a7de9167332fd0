/** Makes `require` in this process load n8n's engine from the folder in N8N_ENGINE. */
export function useForRequire(): void;
