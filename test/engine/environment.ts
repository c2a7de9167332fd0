import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** n8n-core keeps its settings, its key and its binary data in a folder that is deleted after the tests. */
export default function prepare() {
	process.env.N8N_USER_FOLDER = mkdtempSync(join(tmpdir(), 'candid-health-engine-'));
	process.env.N8N_ENCRYPTION_KEY = 'only-for-tests';
	process.env.N8N_LOG_LEVEL = 'silent';
}

export function cleanUp() {
	rmSync(process.env.N8N_USER_FOLDER!, { recursive: true, force: true });
}
