import { join } from 'node:path';

/**
 * The user folder of an n8n that a test or a program starts. Under `node_modules`, because n8n caches
 * thousands of minified files in it, which ESLint would check anywhere else.
 */
export const userFolderOf = (name: string): string =>
	join(__dirname, '../../node_modules/.cache/n8n', name);
