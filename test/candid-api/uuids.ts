import { invalidFields } from './answers';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Throws the 422 for a value that is not a UUID. Any version is accepted. */
export function checkUuid(field: string, value: string): void {
	if (!UUID.test(value)) throw invalidFields([{ field, message: 'must be a UUID' }]);
}
