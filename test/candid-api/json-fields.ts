import { invalidFields, type Refusal } from './answers';
import { isUuid } from './uuids';

type Refuse = (field: string, message: string) => Refusal;

/**
 * The members of a JSON body. A member that is absent or null is undefined; for a value of the wrong
 * kind, each method throws the refusal that `refuse` makes, by default the 422 for invalid fields.
 */
export class JsonFields {
	private readonly body: Record<string, unknown>;
	private readonly refuse: Refuse;

	constructor(body: Record<string, unknown>, refuse: Refuse = invalidField) {
		this.body = body;
		this.refuse = refuse;
	}

	text(name: string): string | undefined {
		return this.read(name, 'must be a string', isText);
	}

	texts(name: string): string[] | undefined {
		return this.read(name, 'must be a list of strings', isListOf(isText));
	}

	flag(name: string): boolean | undefined {
		return this.read(name, 'must be true or false', isFlag);
	}

	object(name: string): Record<string, unknown> | undefined {
		return this.read(name, 'must be an object', isObject);
	}

	objects(name: string): Array<Record<string, unknown>> | undefined {
		return this.read(name, 'must be a list of objects', isListOf(isObject));
	}

	uuid(name: string): string | undefined {
		return this.read(
			name,
			'must be a UUID',
			(value): value is string => isText(value) && isUuid(value),
		);
	}

	/** A day that exists, as YYYY-MM-DD. */
	date(name: string): string | undefined {
		return this.read(name, 'must be a date formatted as YYYY-MM-DD', isDate);
	}

	oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
		const isAllowed = (value: unknown): value is T => allowed.some((entry) => entry === value);
		return this.read(name, `must be one of ${allowed.join(', ')}`, isAllowed);
	}

	/** Throws the refusal if the value of this member is undefined. */
	required<T>(name: string, value: T | undefined): T {
		if (value === undefined) throw this.refuse(name, 'Field required');
		return value;
	}

	private read<T>(
		name: string,
		message: string,
		accepts: (value: unknown) => value is T,
	): T | undefined {
		const value = this.body[name] ?? undefined;
		if (value === undefined) return undefined;
		if (!accepts(value)) throw this.refuse(name, message);
		return value;
	}
}

const invalidField: Refuse = (field, message) => invalidFields([{ field, message }]);

const isText = (value: unknown): value is string => typeof value === 'string';

const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';

const isListOf =
	<T>(isEntry: (value: unknown) => value is T) =>
	(value: unknown): value is T[] =>
		Array.isArray(value) && value.every(isEntry);

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

function isDate(value: unknown): value is string {
	if (!isText(value) || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
	const time = Date.parse(`${value}T00:00:00Z`);
	// Date.parse accepts February 30th and turns it into a day of March.
	return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}
