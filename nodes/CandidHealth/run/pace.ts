import { sleep } from 'n8n-workflow';

import { parseUrl } from '../auth/environment';

/** Candid accepts 1,000 requests in 10 seconds from one IP address, over all clients (its API reference). */
const WINDOW_MS = 10_000;

/** How many of them this process uses: a tenth is left for others behind the address. */
const MAX_PER_WINDOW = 900;

/** How slow it gets at most, in requests per window. */
const MIN_PER_WINDOW = 10;

/** By how much it gets faster again in each window after it had to slow down. */
const RECOVERY_PER_WINDOW = 20;

/** How often a waiting request looks whether its run is still interested. */
const POLL_MS = 200;

/** What tells the time, in milliseconds since any moment, and waits. Time never goes back on it. */
export interface Clock {
	now(): number;
	sleep(ms: number): Promise<void>;
}

/** Who wants to send a request. */
export interface Sender {
	/** whether it is not to be sent any more */
	isAborted(): boolean;
	/** about how many requests its run will have to send besides those in the line */
	backlog: number;
}

interface Waiting extends Sender {
	admit: (isAdmitted: boolean) => void;
}

/** What came of a request, and when its turn was by the pace's clock. */
export interface Sent<T> {
	turnAt: number;
	result: T;
}

/**
 * How fast requests to one host go, over all runs of this process: as fast as they come up to the limit,
 * then first come, first served.
 *
 * Candid may count a request at any time between its beginning and its answer, so it takes its place
 * from the one until the window after the other is over.
 *
 * Processes behind one address do not know of each other. One that has more to send than there is room
 * for does not hurry, so that few requests are on their way when two together come to the limit. Each
 * halves its pace when Candid refuses a request as one too many, and gets faster step by step afterwards,
 * so that they come to equal shares (additive increase, multiplicative decrease: Chiu and Jain 1989, RFC
 * 5681).
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
	 * @returns undefined if it was abandoned before
	 * @throws what `send` throws
	 */
	async inTurn<T>(sender: Sender, send: () => Promise<T>): Promise<Sent<T> | undefined> {
		if (this.queue.length > 0 || this.waitMs(sender) > 0) {
			const mayGo = await new Promise<boolean>((go) => {
				this.queue.push({ ...sender, admit: go });
				if (this.queue.length === 1) void this.serve();
			});
			if (!mayGo) return undefined;
		} else if (sender.isAborted()) {
			return undefined;
		} else {
			this.begin();
		}
		const turnAt = this.clock.now();
		return { turnAt, result: await send().finally(() => this.end()) };
	}

	/** Sends a request that others wait for, or a person: it takes a place, and does not wait for one. */
	async immediately<T>(send: () => Promise<T>): Promise<T> {
		this.begin();
		return await send().finally(() => this.end());
	}

	/**
	 * Candid has refused a request as one too many.
	 *
	 * @param turnAt when its turn was: of those that were on their way together, the first one counts
	 */
	slowDown(turnAt: number): void {
		const now = this.clock.now();
		if (turnAt <= this.slowedAt) return;
		this.slowest = Math.max(MIN_PER_WINDOW, Math.floor(this.allowance(now) / 2));
		this.slowedAt = now;
	}

	/** Lets nothing go for so long. */
	pause(ms: number): void {
		this.pausedUntil = Math.max(this.pausedUntil, this.clock.now() + ms);
	}

	/** Requests that may be sent in a window. */
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

	/** Until a request may be sent; where that depends on those in flight, until it is worth another look. */
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

	/** Between two requests. Where several processes send in bursts, the first one takes all. */
	private spacingMs(allowance: number, isMuch: boolean): number {
		if (allowance < MAX_PER_WINDOW) return WINDOW_MS / allowance;
		return isMuch ? WINDOW_MS / MAX_PER_WINDOW / 2 : 0;
	}

	/** Lets those in the line go, one after another, until it is empty. */
	private async serve(): Promise<void> {
		for (;;) {
			for (const one of this.queue.filter(({ isAborted: isAbandoned }) => isAbandoned())) {
				this.queue.splice(this.queue.indexOf(one), 1);
				one.admit(false);
			}
			const [first] = this.queue;
			if (!first) return;
			const wait = this.waitMs(first);
			if (wait > 0) await this.clock.sleep(Math.min(wait, POLL_MS));
			else {
				this.begin();
				this.queue.shift();
				first.admit(true);
			}
		}
	}
}

const paces = new Map<string, Pace>();

/** The pace of all requests to the host of a URL. */
export function paceOf(url: string): Pace {
	const host = parseUrl(url)?.origin ?? url;
	const pace = paces.get(host) ?? new Pace();
	paces.set(host, pace);
	return pace;
}
