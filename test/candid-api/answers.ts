export interface Answer {
	status: number;
	/** undefined: no body; a string or bytes: sent as it is; anything else: sent as JSON. */
	body?: unknown;
	contentType?: string;
	headers?: Record<string, string>;
}

/** Thrown by an operation to refuse the request; carries the error response. */
export class Refusal extends Error {
	readonly answer: Answer;

	constructor({ status, errorName }: { status: number; errorName: string }, content: unknown) {
		super(`${status} ${errorName}`);
		this.answer = { status, body: { errorName, content } };
	}
}

export const notFound = (id: string) =>
	new Refusal({ status: 404, errorName: 'EntityNotFoundError' }, { id });

export const invalidFields = (problems: Array<{ field: string; message: string }>) =>
	new Refusal(
		{ status: 422, errorName: 'HttpRequestValidationsError' },
		problems.map(({ field, message }) => ({ fieldName: field, humanReadableMessage: message })),
	);

export const tooManyRequests = (message: string) =>
	new Refusal({ status: 429, errorName: 'TooManyRequestsError' }, { message });

/** The bytes and headers of an answer. An answer without a body has no content type either. */
export function encodeAnswer({ body, contentType, headers }: Answer): {
	payload?: Buffer;
	headers: Record<string, string>;
} {
	const typed = (type: string | undefined) =>
		type === undefined ? { ...headers } : { 'content-type': type, ...headers };
	if (body === undefined) return { headers: typed(contentType) };
	if (Buffer.isBuffer(body)) {
		return { payload: body, headers: typed(contentType ?? 'application/octet-stream') };
	}
	if (typeof body === 'string') {
		return { payload: Buffer.from(body), headers: typed(contentType ?? 'text/plain') };
	}
	return {
		payload: Buffer.from(JSON.stringify(body)),
		headers: typed(contentType ?? 'application/json'),
	};
}
