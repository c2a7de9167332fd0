import { invalidFields } from './answers';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Any version is accepted. */
export const isUuid = (value: string) => UUID.test(value);

/** Throws the 422 for a value that is not a UUID. */
export function checkUuid(field: string, value: string): void {
	if (!isUuid(value)) throw invalidFields([{ field, message: 'must be a UUID' }]);
}
