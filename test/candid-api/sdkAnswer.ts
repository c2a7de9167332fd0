/** The body of a successful answer to a call of the vendor's SDK; throws an Error if the call failed. */
export async function body<T>(
	call: PromiseLike<{ ok: true; body: T } | { ok: false; error: unknown }>,
): Promise<T> {
	const answer = await call;
	if (!answer.ok) throw new Error(`The call failed: ${JSON.stringify(answer.error)}`);
	return answer.body;
}
