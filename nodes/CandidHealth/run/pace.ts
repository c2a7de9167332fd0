import { sleep } from 'n8n-workflow';

import { POLL_INTERVAL_MS } from './waits';

/** Candid accepts 1,000 requests in 10 seconds from one IP address, over all clients (its API reference). */
const WINDOW_MS = 10_000;

/** How many of them this process uses: a tenth is left for others behind the same address. */
const MAX_PER_WINDOW = 900;

/** The slowest pace, in requests per window. */
const MIN_PER_WINDOW = 10;

/** By how much it gets faster again in each window after it had to slow down. */
const RECOVERY_PER_WINDOW = 20;

/** A clock in milliseconds that never goes back, and a way to wait. */
export interface Clock {
	now(): number;
	sleep(ms: number): Promise<void>;
}

/** A request that is to be sent. */
export interface Sender {
	/** whether it is no longer needed */
	isAborted(): boolean;
	/** about how many more requests its run has to send, besides those in the queue */
	backlog: number;
}

interface Waiting extends Sender {
	admit: (isAdmitted: boolean) => void;
}

/** A request's result, and when its turn was, by the pace's clock. */
export interface Sent<T> {
	turnAt: number;
	result: T;
}

/**
 * How fast requests to one host are sent, over all runs of this process: immediately up to the limit, then
 * first come, first served.
 *
 * Candid may count a request at any time between its start and its answer. So a request counts from its
 * start until one window after its answer.
 *
 * Processes behind one address do not know of each other. A process that has more to send than fits into the
 * window spaces its requests, so that few are in flight when two processes together reach the limit. Each
 * halves its pace when Candid answers 429, and recovers step by step, so that their shares become equal
 * (additive increase, multiplicative decrease: Chiu and Jain 1989, RFC 5681).
 */
export class Pace {
	private inFlight = 0;

	/** when the requests of the last window were answered, the oldest first */
	private readonly answered: number[] = [];

	private readonly queue: Waiting[] = [];

	private lastSentAt = -Infinity;

	private pausedUntil = -Infinity;

	/** requests per window just after the last slowdown */
	private slowest = MAX_PER_WINDOW;

	private slowedAt = -Infinity;

	constructor(private readonly clock: Clock = { now: () => performance.now(), sleep }) {}

	/**
	 * Sends a request when it is its turn.
	 *
	 * @returns undefined if it was aborted before its turn
	 * @throws what `send` throws
	 */
	async inTurn<T>(sender: Sender, send: () => Promise<T>): Promise<Sent<T> | undefined> {
		if (this.queue.length > 0 || this.waitMs(sender) > 0) {
			const isAdmitted = await new Promise<boolean>((admit) => {
				this.queue.push({ ...sender, admit });
				if (this.queue.length === 1) void this.serve();
			});
			if (!isAdmitted) return undefined;
		} else if (sender.isAborted()) {
			return undefined;
		} else {
			this.begin();
		}
		const turnAt = this.clock.now();
		return { turnAt, result: await send().finally(() => this.end()) };
	}

	/** Sends a request that a person or other requests wait for: it counts, but does not wait for its turn. */
	async immediately<T>(send: () => Promise<T>): Promise<T> {
		this.begin();
		return await send().finally(() => this.end());
	}

	/**
	 * Halves the pace. To be called when Candid has answered a request with 429.
	 *
	 * @param turnAt when its turn was: of requests that were in flight together, only the first one counts
	 */
	slowDown(turnAt: number): void {
		const now = this.clock.now();
		if (turnAt <= this.slowedAt) return;
		this.slowest = Math.max(MIN_PER_WINDOW, Math.floor(this.allowance(now) / 2));
		this.slowedAt = now;
	}

	/** For this long, nothing is sent except with `immediately`. */
	pause(ms: number): void {
		this.pausedUntil = Math.max(this.pausedUntil, this.clock.now() + ms);
	}

	/** How many requests may be sent in a window. */
	private allowance(now: number): number {
		const windows = (now - this.slowedAt) / WINDOW_MS;
		return Math.min(MAX_PER_WINDOW, this.slowest + RECOVERY_PER_WINDOW * windows);
	}

	private begin(): void {
		this.inFlight++;
		this.lastSentAt = this.clock.now();
	}

	private end(): void {
		this.inFlight--;
		this.answered.push(this.clock.now());
	}

	/** Milliseconds until a request may be sent, or, if that depends on requests in flight, until the next check. */
	private waitMs({ backlog }: Sender): number {
		const wanted = backlog + Math.max(1, this.queue.length);
		const now = this.clock.now();
		while (this.answered[0] !== undefined && this.answered[0] <= now - WINDOW_MS) {
			this.answered.shift();
		}
		const allowance = Math.floor(this.allowance(now));
		const room = allowance - this.inFlight - this.answered.length;
		const free = room < 1 ? (this.answered[-room] ?? now) + WINDOW_MS : now;
		const next = this.lastSentAt + this.spacingMs(allowance, wanted > room);
		return Math.max(free, next, this.pausedUntil) - now;
	}

	/** Milliseconds between two requests, so that the first of several processes does not use the whole limit. */
	private spacingMs(allowance: number, exceedsRoom: boolean): number {
		if (allowance < MAX_PER_WINDOW) return WINDOW_MS / allowance;
		return exceedsRoom ? WINDOW_MS / MAX_PER_WINDOW / 2 : 0;
	}

	/** Sends the requests in the queue, one after another, until it is empty. */
	private async serve(): Promise<void> {
		for (;;) {
			for (const one of this.queue.filter(({ isAborted }) => isAborted())) {
				this.queue.splice(this.queue.indexOf(one), 1);
				one.admit(false);
			}
			const [first] = this.queue;
			if (!first) return;
			const wait = this.waitMs(first);
			if (wait > 0) await this.clock.sleep(Math.min(wait, POLL_INTERVAL_MS));
			else {
				this.begin();
				this.queue.shift();
				first.admit(true);
			}
		}
	}
}

const paces = new Map<string, Pace>();

/** The pace of all requests of this process to the host of a URL. */
export function paceOf(url: string): Pace {
	const host = URL.canParse(url) ? new URL(url).origin : url;
	const pace = paces.get(host) ?? new Pace();
	paces.set(host, pace);
	return pace;
}
