import type { INodeExecutionData } from 'n8n-workflow';

/** The part of JSON Schema that n8n's output previews use. */
export interface Schema {
	type: string;
	properties?: Record<string, Schema>;
	items?: Schema;
}

/** The schema of output items: every field that at least one of them has, with its type. */
export function outputSchema(items: INodeExecutionData[]): Schema & { version: number } {
	return { ...items.map(({ json }) => schemaOf(json)).reduce(merged), version: 1 };
}

function schemaOf(value: unknown): Schema {
	if (Array.isArray(value)) {
		return {
			type: 'array',
			...(value.length > 0 && { items: value.map(schemaOf).reduce(merged) }),
		};
	}
	if (typeof value === 'object' && value !== null) {
		const properties = Object.entries(value).map(([name, field]) => [name, schemaOf(field)]);
		return { type: 'object', properties: Object.fromEntries(properties) as Schema['properties'] };
	}
	return { type: Number.isInteger(value) ? 'integer' : value === null ? 'null' : typeof value };
}

/** Throws where a field has different types in two items, which no preview could show. */
function merged(one: Schema, other: Schema): Schema {
	if (one.type !== other.type) throw new Error(`A field is ${one.type} and ${other.type}`);
	if (one.properties && other.properties) {
		const properties = { ...one.properties };
		for (const [name, schema] of Object.entries(other.properties)) {
			properties[name] = properties[name] ? merged(properties[name], schema) : schema;
		}
		return { ...one, properties };
	}
	const items =
		one.items && other.items ? merged(one.items, other.items) : (one.items ?? other.items);
	return items ? { ...one, items } : one;
}
