import 'reflect-metadata';
import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';

/** Signed links, and anything shaped like a token. */
const SHAPES = [/signature=\w/, /eyJ[\w-]{8,}\./, /bearer\s+eyJ/i];

/** Paths to secrets in a value, including those in non-enumerable properties and causes. */
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
		// Only its own bytes: the buffer behind it may be a pool that it shares with others.
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

/** From now on collects what n8n logs, on every level, instead of printing nothing. */
export function keepLog(): unknown[] {
	const lines: unknown[] = [];
	// n8n-core, the contexts of nodes and n8n-workflow use the same logger; its type is not exported.
	const { logger } = Container.get(BinaryDataService) as unknown as { logger: object };
	const keep = (...parts: unknown[]) => {
		lines.push(parts);
	};
	Object.assign(logger, Object.fromEntries(LEVELS.map((level) => [level, keep])));
	return lines;
}
