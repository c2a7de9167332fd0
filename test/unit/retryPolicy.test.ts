import type { CandidFailure } from '../../nodes/CandidHealth/errors/candidFailure';
import {
	CLIENT_REFUSED,
	NO_TOKEN,
	PROXY_CLOSED,
	outcomeOf,
} from '../../nodes/CandidHealth/errors/candidFailure';
import { nextStep } from '../../nodes/CandidHealth/request/retryPolicy';
import type { Attempts } from '../../nodes/CandidHealth/request/retryPolicy';

const first: Attempts = { tries: 1, maxTries: 4, tokenRenewed: false };

/** Without jitter. */
const next = (failure: CandidFailure, attempts: Partial<Attempts> = {}) =>
	nextStep(failure, { ...first, ...attempts }, 0.5);

const UNSENT: CandidFailure[] = [
	{ code: 'ECONNREFUSED' },
	{ code: 'ENOTFOUND' },
	{ code: 'EAI_AGAIN' },
	{ code: 'EHOSTUNREACH' },
	{ code: 'ENETUNREACH' },
	{ code: 'TLS_HANDSHAKE' },
	{ code: 'ERR_TLS_HANDSHAKE_TIMEOUT' },
	{ code: PROXY_CLOSED },
	{ code: NO_TOKEN },
	{ status: 429 },
];

const UNCERTAIN: CandidFailure[] = [
	{ code: 'ECONNABORTED' },
	{ code: 'ETIMEDOUT' },
	{ code: 'ECONNRESET' },
	{ code: 'EPIPE' },
	{ code: 'ERR_BAD_RESPONSE' },
	{ code: 'HPE_INVALID_CONSTANT' },
	{ code: 'EPROTO' },
	{ code: 'A_CODE_OF_THE_FUTURE' },
	{ status: 200, answer: '<p>Welcome</p>' },
	{ status: 408 },
	{ status: 500 },
	{ status: 502 },
	{ status: 503 },
	{ status: 504 },
	{ status: 599 },
];

const REFUSED: CandidFailure[] = [
	...[302, 400, 403, 404, 407, 409, 410, 413, 415, 418, 422, 451].map((status) => ({ status })),
	{ code: 'CERT_HAS_EXPIRED' },
	{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
	{ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
	{ code: 'ENOSPC' },
	{ code: CLIENT_REFUSED },
	{ message: 'the file has changed since it was read' },
	{},
];

it.each(UNSENT)('%j cannot have been stored, so that it is sent again', (failure) => {
	expect(outcomeOf(failure)).toBe('retryable');
	expect(next(failure)).toMatchObject({ step: 'send' });
});

it.each(UNCERTAIN)('%j may have been stored, so that it is looked for', (failure) => {
	expect(outcomeOf(failure)).toBe('uncertain');
	expect(next(failure)).toMatchObject({ step: 'reconcile', sendIfAbsent: true });
});

it.each(REFUSED)('%j would be refused again', (failure) => {
	expect(outcomeOf(failure)).toBe('refused');
	expect(next(failure)).toEqual({ step: 'end' });
});

describe('a 401', () => {
	it('is sent again at once with the new token, whatever Max Tries is', () => {
		const again = { step: 'send', afterMs: 0 };
		expect(next({ status: 401 })).toEqual(again);
		expect(next({ status: 401 }, { tries: 4, maxTries: 1 })).toEqual(again);
	});

	it('with a new token is the end', () => {
		expect(next({ status: 401 }, { tokenRenewed: true })).toEqual({ step: 'end' });
	});
});

describe('waits', () => {
	it.each<[string, CandidFailure, number[]]>([
		['a connection that was refused', { code: 'ECONNREFUSED' }, [1000, 2000, 4000]],
		['an answer of 503', { status: 503 }, [1000, 2000, 4000]],
		["a gateway's 504", { status: 504 }, [4000, 8000, 16_000]],
		['a request that may still be worked on', { code: 'ECONNABORTED' }, [4000, 8000, 16_000]],
	])('after %s grow', (_, failure, waits) => {
		const steps = waits.map((_wait, index) => next(failure, { tries: index + 1 }));
		expect(steps).toEqual(waits.map((afterMs) => expect.objectContaining({ afterMs })));
	});

	it('after a 429 stay the same, for the pace gets slower', () => {
		const steps = [1, 2, 9].map((tries) => next({ status: 429 }, { tries }));
		for (const step of steps) expect(step).toMatchObject({ step: 'send', afterMs: 2000 });
	});

	it('are spread by a quarter either way', () => {
		expect(nextStep({ status: 503 }, first, 0)).toMatchObject({ afterMs: 750 });
		expect(nextStep({ status: 503 }, first, 1)).toMatchObject({ afterMs: 1250 });
	});

	it('are a minute at most', () => {
		const attempts = { tries: 9, maxTries: 10 };
		expect(next({ code: 'ECONNRESET' }, attempts)).toMatchObject({ afterMs: 60_000 });
	});

	it.each([
		[10_000, 10_000],
		[500, 2000],
	])('with a Retry-After of %d ms are %d ms', (retryAfterMs, afterMs) => {
		expect(next({ status: 429, retryAfterMs })).toMatchObject({ step: 'send', afterMs });
	});

	it('of more than a minute are not waited for', () => {
		expect(next({ status: 429, retryAfterMs: 61_000 })).toEqual({ step: 'end' });
		expect(next({ status: 503, retryAfterMs: 61_000 })).toEqual({
			step: 'reconcile',
			afterMs: 60_000,
			sendIfAbsent: false,
		});
	});
});

describe('after the last try', () => {
	it.each([1, 4])('of %d nothing is sent', (maxTries) => {
		const attempts = { tries: maxTries, maxTries };
		expect(next({ code: 'ECONNREFUSED' }, attempts)).toEqual({ step: 'end' });
	});

	it('a 429 is none, and does not end it', () => {
		const attempts = { tries: 4, maxTries: 4 };
		expect(next({ status: 429 }, attempts)).toMatchObject({ step: 'send' });
	});

	it('what is uncertain is still looked for', () => {
		const step = next({ status: 500 }, { tries: 4 });
		expect(step).toEqual({ step: 'reconcile', afterMs: 8000, sendIfAbsent: false });
	});
});
