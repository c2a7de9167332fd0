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

it.each(UNSENT)('sends the file again after %j, because it cannot have been stored', (failure) => {
	expect(outcomeOf(failure)).toBe('retryable');
	expect(next(failure)).toMatchObject({ step: 'send' });
});

it.each(UNCERTAIN)(
	'checks whether the file was stored after %j, because it may have been',
	(failure) => {
		expect(outcomeOf(failure)).toBe('uncertain');
		expect(next(failure)).toMatchObject({ step: 'reconcile', sendIfAbsent: true });
	},
);

it.each(REFUSED)(
	'does not send the file again after %j, because it would be refused again',
	(failure) => {
		expect(outcomeOf(failure)).toBe('refused');
		expect(next(failure)).toEqual({ step: 'end' });
	},
);

describe('after a 401', () => {
	it('the file is sent again immediately with a new token, whatever Max Tries is', () => {
		const again = { step: 'send', afterMs: 0 };
		expect(next({ status: 401 })).toEqual(again);
		expect(next({ status: 401 }, { tries: 4, maxTries: 1 })).toEqual(again);
	});

	it('the file is not sent again if the token has been renewed already', () => {
		expect(next({ status: 401 }, { tokenRenewed: true })).toEqual({ step: 'end' });
	});
});

describe('waits', () => {
	it.each<[string, CandidFailure, number[]]>([
		['a connection that was refused', { code: 'ECONNREFUSED' }, [1000, 2000, 4000]],
		['an answer of 503', { status: 503 }, [1000, 2000, 4000]],
		["a gateway's 504", { status: 504 }, [4000, 8000, 16_000]],
		['a request that may still be worked on', { code: 'ECONNABORTED' }, [4000, 8000, 16_000]],
	])('after %s double with each try', (_, failure, waits) => {
		const steps = waits.map((_wait, index) => next(failure, { tries: index + 1 }));
		expect(steps).toEqual(waits.map((afterMs) => expect.objectContaining({ afterMs })));
	});

	it('after a 429 stay the same, because the pace slows down instead', () => {
		const steps = [1, 2, 9].map((tries) => next({ status: 429 }, { tries }));
		for (const step of steps) expect(step).toMatchObject({ step: 'send', afterMs: 2000 });
	});

	it('vary at random by up to a quarter', () => {
		expect(nextStep({ status: 503 }, first, 0)).toMatchObject({ afterMs: 750 });
		expect(nextStep({ status: 503 }, first, 1)).toMatchObject({ afterMs: 1250 });
	});

	it('are at most one minute long', () => {
		const attempts = { tries: 9, maxTries: 10 };
		expect(next({ code: 'ECONNRESET' }, attempts)).toMatchObject({ afterMs: 60_000 });
	});

	it.each([
		[10_000, 10_000],
		[500, 2000],
	])('after a Retry-After of %d ms last %d ms', (retryAfterMs, afterMs) => {
		expect(next({ status: 429, retryAfterMs })).toMatchObject({ step: 'send', afterMs });
	});

	it('do not exceed one minute: a longer Retry-After ends the tries', () => {
		expect(next({ status: 429, retryAfterMs: 61_000 })).toEqual({ step: 'end' });
		expect(next({ status: 503, retryAfterMs: 61_000 })).toEqual({
			step: 'reconcile',
			afterMs: 60_000,
			sendIfAbsent: false,
		});
	});
});

describe('after the last try', () => {
	it.each([1, 4])('of %d, nothing is sent', (maxTries) => {
		const attempts = { tries: maxTries, maxTries };
		expect(next({ code: 'ECONNREFUSED' }, attempts)).toEqual({ step: 'end' });
	});

	it('a file is still sent again after a 429, which does not count as a try', () => {
		const attempts = { tries: 4, maxTries: 4 };
		expect(next({ status: 429 }, attempts)).toMatchObject({ step: 'send' });
	});

	it('the node still checks whether an uncertain file was stored', () => {
		const step = next({ status: 500 }, { tries: 4 });
		expect(step).toEqual({ step: 'reconcile', afterMs: 8000, sendIfAbsent: false });
	});
});
