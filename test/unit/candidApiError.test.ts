import type { INode } from 'n8n-workflow';

import { candidApiError, mayTryAgain } from '../../nodes/CandidHealth/errors/candidApiError';
import { explain, invalidAnswer } from '../../nodes/CandidHealth/errors/explain';
import type { Unanswered } from '../../nodes/CandidHealth/errors/explain';
import { NO_TOKEN, failureOf, outcomeOf } from '../../nodes/CandidHealth/errors/candidFailure';
import {
	attachedListNotRead,
	explainUpload,
	listNotRead,
} from '../../nodes/CandidHealth/upload/uploadWords';

const envelope = (errorName: string, content: unknown) => ({ errorName, content });

describe('the explanation of a failed request', () => {
	it.each([
		[401, '', 'did not accept the access token', 'stops working after 5 hours'],
		[
			403,
			envelope('UnauthorizedError', { message: 'No write access' }),
			'not allowed',
			'No write access',
		],
		[404, envelope('EntityNotFoundError', { id: 'CC-1' }), 'does not know', "the ID 'CC-1'"],
		[409, envelope('EntityConflictError', { entity_name: 'Tag' }), 'conflicts', 'another Tag'],
		[413, envelope('RequestEntityTooLargeError', {}), 'too large', 'at most 25 MB'],
		[415, envelope('InvalidContentTypeError', {}), 'files of this type', 'PDF, PNG'],
		[422, envelope('UnprocessableEntityError', { message: 'Bad ID' }), 'its data', 'Bad ID'],
		[
			422,
			envelope('HttpRequestValidationsError', [
				{ fieldName: 'attachment_type', humanReadableMessage: 'is unknown' },
				{ fieldName: 'description', humanReadableMessage: 'is too long' },
			]),
			'its data',
			'attachment_type: is unknown; description: is too long',
		],
		[
			429,
			envelope('TooManyRequestsError', { message: 'Slow down' }),
			'too many requests',
			'1,000 requests',
		],
		[418, envelope('TeapotError', 'short and stout'), 'refused the request (HTTP 418)', 'stout'],
		[
			422,
			envelope('HttpRequestValidationError', {
				fieldName: 'attachment_type',
				humanReadableMessage: 'is unknown',
			}),
			'its data',
			'Candid says: attachment_type: is unknown.',
		],
		[
			422,
			envelope('TaskUpdatedToDeprecatedStatusError', {
				deprecated_status: 'sent_to_provider_group',
			}),
			'its data',
			"Candid says: the status 'sent_to_provider_group' is no longer used.",
		],
		[302, '', 'redirect (HTTP 302)', 'stays on its host'],
	])(
		'says for HTTP %d %j that Candid refused the request, and why',
		(status, answer, reason, advice) => {
			const words = explainUpload({ status, answer });
			expect(words.reason).toContain(reason);
			expect(words.advice).toContain(advice);
			expect(words.outcome).toBe('refused');
		},
	);

	it.each([
		[400, '<html><h1>Bad Request</h1></html>', '"Bad Request"'],
		[403, '<html><h1>Blocked by policy</h1></html>', '"Blocked by policy"'],
		[404, '', 'The answer was empty.'],
		[409, { message: 'conflict' }, '"{"message":"conflict"}"'],
		[413, 'Request Entity Too Large', '"Request Entity Too Large"'],
		[415, '', 'The answer was empty.'],
		[418, 'short and stout', '"short and stout"'],
		[422, null, '"null"'],
	])(
		'says for HTTP %d %j that the answer is not from Candid, and allows a retry',
		(status, answer, quoted) => {
			const words = explain({ status, answer });
			expect(words.reason).toBe(`something between n8n and Candid answered (HTTP ${status})`);
			expect(words.advice).toContain(quoted);
			expect(words).toMatchObject({ outcome: 'refused', tryAgain: true });
		},
	);

	it('names the proxy for HTTP 407', () => {
		const words = explain({ status: 407, answer: '' });
		expect(words.reason).toContain('the proxy asks for a user name and password');
		expect(words.advice).toContain('HTTPS_PROXY');
		expect(words.tryAgain).toBe(true);
	});

	it('leaves open whether a 4xx is from Candid if n8n 1 has dropped its body', () => {
		const words = explain({ status: 403, answer: undefined });
		expect(words.reason).toBe('the request was refused (HTTP 403)');
		expect(words.advice).toContain('it is not known whether Candid refused it');
		expect(words.tryAgain).toBe(true);
	});

	it.each([
		[400, false],
		[403, true],
		[404, false],
		[409, false],
		[413, false],
		[415, false],
		[422, false],
		[429, true],
	])("for Candid's own HTTP %d has tryAgain: %s", (status, tryAgain) => {
		const answer = envelope('AnyError', {});
		expect(explain({ status, answer }).tryAgain).toBe(tryAgain);
	});

	it('says that Candid was not reached if the proxy closed the connection', () => {
		const message = 'Proxy connection ended before receiving CONNECT response';
		const failure = failureOf({ message: 'x', cause: { message } });
		expect(outcomeOf(failure)).toBe('retryable');
		expect(explain(failure)).toMatchObject({
			reason: 'Candid cannot be reached, the proxy closed the connection',
			advice: expect.stringContaining('Check the proxy'),
			outcome: 'refused',
		});
	});

	it.each([
		[500, envelope('InternalError', { message: 'Try later' }), 'Candid says: Try later.'],
		[502, '<html><head><title>Bad Gateway</title></head></html>', 'The answer was: "Bad Gateway".'],
		[503, '', 'The answer was empty.'],
		[504, null, 'The answer was: "null".'],
		[408, undefined, 'n8n did not pass its answer on.'],
	])('says for HTTP %d %j that the file may have been stored', (status, answer, quoted) => {
		const words = explainUpload({ status, answer });
		expect(words.reason).toContain(`HTTP ${status}`);
		expect(words.advice).toContain(quoted);
		expect(words.advice).toContain('may have stored the file');
		expect(words.outcome).toBe('uncertain');
	});

	it.each([
		['ECONNREFUSED', 'the connection was refused', 'refused'],
		['ENOTFOUND', 'the host name is not known', 'refused'],
		['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate is not trusted', 'refused'],
		['ENOSPC', 'n8n could not save the file (ENOSPC)', 'refused'],
		['ECONNABORTED', 'the request timed out', 'uncertain'],
		['ECONNRESET', 'was cut before Candid answered', 'uncertain'],
		['ERR_CANCELED', 'was stopped before Candid answered', 'uncertain'],
		['EPIPE', 'was cut before Candid answered', 'uncertain'],
	])('for a connection that ended with %s says: %s (outcome: %s)', (code, reason, outcome) => {
		expect(explainUpload({ code })).toMatchObject({
			reason: expect.stringContaining(reason),
			outcome,
		});
	});
});

describe('a certificate that is not trusted', () => {
	it.each([
		'SELF_SIGNED_CERT_IN_CHAIN',
		'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
	])('has an unknown authority: advises to add it (%s)', (code) => {
		const { reason, advice } = explain({ code });
		expect(reason).toBe(
			`Candid cannot be reached, the host's certificate is not trusted (${code})`,
		);
		expect(advice).toContain('NODE_EXTRA_CA_CERTS');
	});

	it.each(['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
		'is not valid for this host or today: does not advise to add an authority (%s)',
		(code) => {
			const { reason, advice } = explain({ code });
			expect(reason).toContain(code);
			expect(advice).toMatch(/^Check the network/);
		},
	);
});

describe('when the answer is lost', () => {
	const LOOK_FIRST: Unanswered = { outcome: 'uncertain', advice: 'Look first.', tryAgain: false };

	it.each([
		['a write', LOOK_FIRST, LOOK_FIRST],
		[
			'a read',
			undefined,
			{ outcome: 'refused', advice: 'Run it again in a few minutes.', tryAgain: true },
		],
	])('%s has the outcome of its action', (_, unanswered, { outcome, advice, tryAgain }) => {
		for (const words of [
			explain({ status: 503, answer: '' }, unanswered),
			explain({ code: 'ECONNRESET' }, unanswered),
			invalidAnswer('<p>Welcome</p>', 'what was asked for', unanswered),
		]) {
			expect(words).toMatchObject({ outcome, tryAgain });
			expect(words.advice).toContain(advice);
		}
	});
});

describe('an excerpt of an answer', () => {
	const quote = (answer: unknown) => invalidAnswer(answer, 'an attachment ID').advice;

	it.each([
		['eyJhbGciOi.eyJzdWIi.c2ln', '[token]'],
		['Authorization: Bearer abc.def', 'Authorization: [token]'],
		['A valid bearer token is required', 'A valid bearer token is required'],
		['see https://files.example.com/x?signature=abc now', 'see [link] now'],
		['<script>alert("x")</script><p>Down\n\tfor  repair</p>', 'Down for repair'],
		['\u0000\u0007binary', 'binary'],
	])('of %j contains only %j', (answer, text) => {
		expect(quote(answer)).toContain(`The answer was: "${text}".`);
	});

	it.each([
		[
			{ patient_name: 'Ada Sample', status: 'open' },
			"The answer was JSON with 'patient_name', 'status'.",
		],
		[[{ patient_name: 'Ada Sample' }], 'The answer was a list.'],
		[{}, 'The answer was: "{}".'],
		[[], 'The answer was: "[]".'],
	])('of the JSON %j has no values, which may be those of a patient', (answer, text) => {
		expect(quote(answer)).toBe(`${text} Run it again in a few minutes.`);
	});

	it('is shortened', () => {
		expect(quote('x'.repeat(100_000)).length).toBeLessThan(400);
	});
});

describe('the failure in an error that n8n throws', () => {
	it('has the status and the answer of the request', () => {
		const cause = { response: { status: 422, data: { a: 1 } }, code: 'ERR_BAD_REQUEST' };
		expect(failureOf({ message: 'x', cause })).toEqual({ status: 422, answer: { a: 1 } });
	});

	it('has the error code if there was no answer', () => {
		expect(failureOf({ message: 'x', cause: { code: 'ECONNREFUSED' } })).toEqual({
			code: 'ECONNREFUSED',
		});
	});

	it.each([
		['503', { data: { a: 1 } }, { status: 503, answer: { a: 1 } }],
		['502', {}, { status: 502, answer: undefined }],
		['200', {}, { code: 'ECONNRESET' }],
		['ECONNREFUSED', {}, { code: 'ECONNREFUSED' }],
		[
			NO_TOKEN,
			{ data: { retryAfterMs: 8000 } },
			{ code: NO_TOKEN, retryAfterMs: 8000, message: 'x' },
		],
	])("is read from n8n 1's httpCode %s and context %j", (httpCode, context, failure) => {
		expect(failureOf({ message: 'x', httpCode, context })).toEqual(failure);
	});

	it('has an uncertain outcome if n8n throws for HTTP 200, because the answer was cut', () => {
		const cause = { response: { status: 200, data: undefined }, code: 'ERR_BAD_RESPONSE' };
		expect(explainUpload(failureOf({ cause })).outcome).toBe('uncertain');
	});

	it('keeps the message and description of our own errors', () => {
		const error = { message: 'outer', cause: { message: 'No token', description: 'Check it' } };
		expect(explain(failureOf(error))).toEqual({
			reason: 'No token',
			advice: 'Check it',
			outcome: 'refused',
			tryAgain: true,
		});
	});
});

it('the error names file, item and outcome, without jargon, and says whether to try again', () => {
	const node = { name: 'Candid Health', type: 'candidHealth' } as INode;
	const context = { getNode: () => node, getItemIndex: () => 2 };
	const intent = { subject: "'labs.pdf'", action: 'stored' } as const;
	const answer = { errorName: 'AnyError', content: {} };
	const words = (status: number) => explainUpload({ status, answer });
	const refused = candidApiError(context, intent, words(403), 403);
	expect(refused.message).toBe(
		"'labs.pdf' [item 2] was not stored: the credential is not allowed to do this in Candid",
	);
	expect(refused.httpCode).toBe('403');
	const uncertain = candidApiError(context, intent, words(500), 500);
	expect(uncertain.message).toMatch(/^It is not known whether 'labs.pdf' \[item 2\] was stored: /);
	const done = { ...words(500), reason: 'it may be there twice', outcome: 'done' } as const;
	expect(candidApiError(context, intent, done).message).toBe(
		"'labs.pdf' [item 2] was stored, but it may be there twice",
	);
	expect([refused, uncertain, new Error('x')].map(mayTryAgain)).toEqual([true, false, false]);
	for (const { message, description } of [refused, uncertain]) {
		expect(`${message} ${description}`).not.toMatch(/\b(error|problem|failure)/i);
	}
});

it('a page in place of a list of attachments is not called a missing attachment ID', () => {
	const page = { status: 200, answer: '<p>Sign in</p>' };
	expect(listNotRead(page)).toContain("Candid's answer is not a list");
	expect(attachedListNotRead(page).reason).toContain("Candid's answer is not a list");
	expect(listNotRead({ status: 503 })).toContain('HTTP 503');
});
