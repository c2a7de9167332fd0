import fc from 'fast-check';

import { Pace } from '../../nodes/CandidHealth/run/pace';
import type { Clock } from '../../nodes/CandidHealth/run/pace';
import { RateWindow } from '../candid-api/rate-window';

/** A clock whose time moves on as soon as all work of the current time is done. */
class SimulatedClock implements Clock {
	private time = 0;

	private timers: Array<{ at: number; wake: () => void }> = [];

	now = () => this.time;

	sleep = async (ms: number) =>
		await new Promise<void>((wake) => this.timers.push({ at: this.time + ms, wake }));

	/** Runs until the given time, or until there are no more timers. */
	async run(until: number): Promise<void> {
		for (;;) {
			await new Promise((resolve) => setImmediate(resolve));
			if (this.timers.length === 0) return;
			this.time = Math.max(this.time, Math.min(...this.timers.map(({ at }) => at)));
			if (this.time > until) return;
			const due = this.timers.filter(({ at }) => at <= this.time);
			this.timers = this.timers.filter(({ at }) => at > this.time);
			for (const { wake } of due) wake();
		}
	}
}

/** A run that has no more to send than the limit has room for. */
const few = { isAborted: () => false, backlog: 0 };

const many = { ...few, backlog: 10_000 };

const immediately = async () => {};

it('sends 900 requests immediately, and the next ones ten seconds after the first was answered', async () => {
	const clock = new SimulatedClock();
	const pace = new Pace(clock);
	const times: number[] = [];
	for (let index = 0; index < 1000; index++) {
		void pace.inTurn(few, immediately).then((sent) => times.push(sent!.turnAt));
	}
	await clock.run(60_000);
	expect(times.filter((at) => at === 0)).toHaveLength(900);
	expect(times.filter((at) => at === 10_000)).toHaveLength(100);
});

/**
 * Requests that start at the same time: when, how many, how long each takes, and at which fraction of that
 * time Candid counts it.
 */
const group = fc.record({
	at: fc.nat(15_000),
	count: fc.integer({ min: 1, max: 700 }),
	takes: fc.constantFrom(0, 5, 100, 3_000, 25_000),
	counted: fc.double({ min: 0, max: 1, noNaN: true }),
});

it('never lets Candid count more than 900 requests in any ten seconds, and sends all in order', async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(group, { maxLength: 12 }), async (groups) => {
			const clock = new SimulatedClock();
			const pace = new Pace(clock);
			const order: number[] = [];
			const counted: number[] = [];
			const comers = groups.map(async (one, index) => {
				await clock.sleep(one.at);
				const send = async () => {
					order.push(index);
					await clock.sleep(one.takes * one.counted);
					counted.push(clock.now());
					await clock.sleep(one.takes * (1 - one.counted));
				};
				await Promise.all(
					Array.from({ length: one.count }, async () => await pace.inTurn(few, send)),
				);
			});
			await clock.run(10_000_000);
			await Promise.all(comers);
			counted
				.sort((a, b) => a - b)
				.forEach((at, index) => {
					const before = counted[index - 900];
					if (before !== undefined) expect(at - before).toBeGreaterThanOrEqual(10_000);
				});
			const byArrival = groups
				.map(({ at, count }, index) => ({ at, count, index }))
				.sort((a, b) => a.at - b.at || a.index - b.index)
				.flatMap(({ count, index }) => Array<number>(count).fill(index));
			expect(order).toEqual(byArrival);
		}),
		{ numRuns: 40 },
	);
});

it('spreads the requests of a run that has more to send than the limit has room for', async () => {
	const clock = new SimulatedClock();
	const pace = new Pace(clock);
	const times: number[] = [];
	let backlog = 3_000;
	const slot = async () => {
		while (backlog > 0) {
			backlog--;
			const { turnAt } = (await pace.inTurn({ ...few, backlog }, immediately))!;
			times.push(turnAt);
		}
	};
	for (let index = 0; index < 80; index++) void slot();
	await clock.run(60_000);
	// 180 per second, twice the rate that it can keep up.
	expect(times.filter((at) => at < 999)).toHaveLength(180);
	expect(times.filter((at) => at < 10_000)).toHaveLength(900);
	expect(times).toHaveLength(3_000);
	expect(times.at(-1)).toBeLessThan(32_000);
});

it('also counts the requests that do not wait for their turn', async () => {
	const clock = new SimulatedClock();
	const pace = new Pace(clock);
	for (let index = 0; index < 900; index++) await pace.immediately(immediately);
	const sent = pace.inTurn(few, immediately);
	await clock.run(60_000);
	expect((await sent)!.turnAt).toBe(10_000);
});

it('rethrows the error of a request, and still counts the request', async () => {
	const clock = new SimulatedClock();
	const pace = new Pace(clock);
	const fail = async () => await Promise.reject<void>(new Error('lost'));
	for (let index = 0; index < 900; index++) {
		await expect(pace.inTurn(few, fail)).rejects.toThrow('lost');
	}
	const sent = pace.inTurn(few, immediately);
	await clock.run(60_000);
	expect((await sent)!.turnAt).toBe(10_000);
});

it('drops an aborted request immediately, and does not count it', async () => {
	const clock = new SimulatedClock();
	const pace = new Pace(clock);
	const send = jest.fn(immediately);
	expect(await pace.inTurn({ ...few, isAborted: () => true }, send)).toBeUndefined();
	for (let index = 0; index < 900; index++) void pace.inTurn(few, immediately);
	let aborted = false;
	const left: number[] = [];
	void pace.inTurn({ ...few, isAborted: () => aborted }, send).then((sent) => {
		expect(sent).toBeUndefined();
		left.push(clock.now());
	});
	const next = pace.inTurn(few, immediately);
	void clock.sleep(1_000).then(() => (aborted = true));
	await clock.run(60_000);
	expect(left).toHaveLength(1);
	expect(left[0]).toBeLessThanOrEqual(1_200);
	expect(send).not.toHaveBeenCalled();
	expect((await next)!.turnAt).toBe(10_000);
});

it('halves the pace after a 429, once for all requests in flight, and waits', async () => {
	const clock = new SimulatedClock();
	const pace = new Pace(clock);
	const together = [1, 2, 3].map(async () => (await pace.inTurn(few, immediately))!.turnAt);
	for (const at of await Promise.all(together)) pace.slowDown(at);
	pace.pause(2_000);
	const times: number[] = [];
	for (let index = 0; index < 2_000; index++) {
		void pace.inTurn(few, immediately).then((sent) => times.push(sent!.turnAt));
	}
	await clock.run(60_000);
	expect(times[0]).toBe(2_000);
	// One request every 22 ms.
	expect(times.filter((at) => at < 10_000).length).toBeLessThanOrEqual(375);
	expect(times.filter((at) => at < 10_000).length).toBeGreaterThanOrEqual(355);
	// Each following window has twenty more.
	const tenSeconds = (since: number) => times.filter((at) => at >= since && at < since + 10_000);
	expect(tenSeconds(20_000).length).toBeGreaterThan(tenSeconds(10_000).length + 10);
});

it.each([
	[2, false],
	[3, false],
	[5, false],
	[8, false],
	[2, true],
	[8, true],
])(
	'%d processes reach equal shares of the limit (refused requests count: %p)',
	async (processes, counted) => {
		const clock = new SimulatedClock();
		const limit = new RateWindow(1_000, 10_000, counted, clock.now);
		const END = 600_000;
		const SINCE = 300_000;
		const served = Array<number>(processes).fill(0);
		let refused = 0;
		let all = 0;
		const ask = async () => {
			await clock.sleep(100);
			return limit.tryTake();
		};
		/** Sends one request after the other; eighty of these run at a time. */
		const client = async (pace: Pace, process: number) => {
			while (clock.now() < END) {
				const { turnAt, result: accepted } = (await pace.inTurn(many, ask))!;
				if (clock.now() > SINCE) {
					all++;
					if (accepted) served[process]!++;
					else refused++;
				}
				if (!accepted) {
					pace.slowDown(turnAt);
					pace.pause(2_000);
				}
			}
		};
		for (let process = 0; process < processes; process++) {
			const pace = new Pace(clock);
			for (let index = 0; index < 80; index++) {
				void clock.sleep(process * 37 + index).then(async () => await client(pace, process));
			}
		}
		await clock.run(END + 60_000);
		const share = (((END - SINCE) / 10_000) * 1_000) / processes;
		for (const count of served) {
			expect(count / share).toBeGreaterThan(0.6);
			expect(count / share).toBeLessThan(1.3);
		}
		expect(refused / all).toBeLessThan(0.01);
	},
);
