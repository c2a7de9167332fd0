import 'reflect-metadata';
import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';

/** Signed links, and anything shaped like a token. */
const SHAPES = [/signature=\w/, /eyJ[\w-]{8,}\./, /bearer\s+eyJ/i];

/** Places in a value at which a secret stands, non-enumerable properties and causes included. */
export function secretsIn(value: unknown, secrets: string[]): string[] {
	const found: string[] = [];
	const seen = new Set<object>();
	const todo: Array<[path: string, value: unknown]> = [['', value]];
	for (let next = todo.pop(); next; next = todo.pop()) {
		const [path, at] = next;
		if (typeof at === 'string' && isSecret(at, secrets)) found.push(path);
		if (typeof at !== 'object' || at === null || seen.has(at)) continue;
		seen.add(at);
		todo.push(
			...entriesOf(at).map(([key, inner]) => [`${path}.${key}`, inner] as [string, unknown]),
		);
	}
	return found;
}

function isSecret(text: string, secrets: string[]): boolean {
	return (
		SHAPES.some((shape) => shape.test(text)) || secrets.some((secret) => text.includes(secret))
	);
}

function entriesOf(value: object): Array<[string, unknown]> {
	if (ArrayBuffer.isView(value)) {
		// Its own bytes: the buffer behind it may be a pool that others have a part of.
		const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
		return [['bytes', bytes.toString('latin1')]];
	}
	const inside: Array<[string, unknown]> =
		value instanceof Map || value instanceof Set
			? [...value].map((entry, index) => [String(index), entry])
			: [];
	const own = Reflect.ownKeys(value).flatMap((key): Array<[string, unknown]> => {
		try {
			return [
				[String(key), Reflect.get(value, key)],
				['name', String(key)],
			];
		} catch {
			return [];
		}
	});
	return [...inside, ...own];
}

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** From now on keeps what n8n logs, on every level, instead of leaving it silent. */
export function keepLog(): unknown[] {
	const lines: unknown[] = [];
	// One logger serves n8n-core, the contexts of nodes and the proxy of n8n-workflow; its type is not exported.
	const { logger } = Container.get(BinaryDataService) as unknown as { logger: object };
	const keep = (...parts: unknown[]) => {
		lines.push(parts);
	};
	Object.assign(logger, Object.fromEntries(LEVELS.map((level) => [level, keep])));
	return lines;
}
