import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version of an n8n package that this process loads. */
export function loadedVersion(name: string): string {
	let folder = dirname(require.resolve(name));
	while (manifestIn(folder)?.name !== name) folder = dirname(folder);
	return manifestIn(folder)!.version;
}

function manifestIn(folder: string): { name: string; version: string } | undefined {
	const file = join(folder, 'package.json');
	if (!existsSync(file)) return undefined;
	return JSON.parse(readFileSync(file, 'utf8')) as { name: string; version: string };
}

/** Whether the engine is that of n8n 1. Tests that depend on it say why. */
export const isN8n1 = loadedVersion('n8n-core').startsWith('1.');
