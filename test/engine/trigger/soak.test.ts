import type { IDataObject } from 'n8n-workflow';

import { startCandidApi } from '../../candid-api';
import type { CandidApi, Fault } from '../../candid-api';
import { MAX_TRIES } from '../../../nodes/CandidHealth/request/retryPolicy';
import { scaleWaits } from '../faults/scaledWaits';
import { Seeded } from '../faults/seeded';
import { pastedCredential } from '../storedCredential';
import { ActiveTrigger } from './activeTrigger';
import { StatusChanges, TaskChanges, nameOf } from './changes';
import type { Changes, State } from './changes';

const SEED = Number(process.env.SOAK_SEED ?? 1);

/** Together 10,000 events. */
const TASK_EVENTS = 6_000;
const STATUS_EVENTS = 4_000;

const MINUTE_MS = 60_000;

interface Kind {
	parameters: { event: string };
	changes: new (api: CandidApi, random: Seeded, clockOffsetMs: number) => Changes;
	events: number;
	/** the state that an item shows */
	stateOf: (item: IDataObject) => State;
}

const TASKS: Kind = {
	parameters: { event: 'taskUpdated' },
	changes: TaskChanges,
	events: TASK_EVENTS,
	stateOf: (item) => ({ id: String(item.task_id), at: String(item.updated_at) }),
};

const STATUSES: Kind = {
	parameters: { event: 'encounterStatusChanged' },
	changes: StatusChanges,
	events: STATUS_EVENTS,
	stateOf: (item) => ({ id: String(item.event_id), at: String(item.created_at) }),
};

/** A poll with this fault fails, even though the node tries again. */
const FAULTS: Array<Partial<Fault>> = [
	{ kind: 'status', status: 500, times: MAX_TRIES },
	{ kind: 'cut', cut: 'mid-answer', times: MAX_TRIES },
	{ kind: 'answer', body: '<html>Please sign in</html>', contentType: 'text/html' },
	{ kind: 'answer', body: {} },
];

beforeAll(() => scaleWaits(0.001));
afterAll(() => scaleWaits(1));

describe.each([
	{ name: 'tasks, Candid 7 minutes ahead', kind: TASKS, offset: 7, share: 0.5 },
	{ name: 'tasks, Candid 7 minutes behind', kind: TASKS, offset: -7, share: 0.5 },
	{ name: 'statuses, Candid 5 minutes ahead', kind: STATUSES, offset: 5, share: 0.5 },
	{ name: 'statuses, Candid 5 minutes behind', kind: STATUSES, offset: -5, share: 0.5 },
])('$name', ({ kind, offset, share }) => {
	it('outputs every state once, in order, whatever happens meanwhile', async () => {
		const random = new Seeded(SEED, offset);
		const soak = new Soak(kind, random, offset * MINUTE_MS);
		await soak.run(kind.events * share);
		expect(soak.changes.made.length).toBeGreaterThanOrEqual(kind.events * share);
		// Each part of the test has taken place.
		expect(soak.counts.failed).toBeGreaterThan(2);
		expect(soak.counts.crashed).toBeGreaterThan(2);
		expect(soak.counts.abandoned).toBeGreaterThan(2);
		expect(soak.counts.changedWhilePolled).toBeGreaterThan(100);
		expect(soak.counts.full).toBeGreaterThan(2);
	}, 120_000);
});

class Soak {
	readonly counts = { failed: 0, crashed: 0, abandoned: 0, changedWhilePolled: 0, full: 0 };

	changes!: Changes;

	private trigger!: ActiveTrigger;

	private api!: CandidApi;

	private isPolling = false;

	private maxItems = 500;

	private checked = 0;

	private readonly output = new Set<string>();

	private before: Set<string> = new Set();

	constructor(
		private readonly kind: Kind,
		private readonly random: Seeded,
		private readonly clockOffsetMs: number,
	) {}

	async run(events: number): Promise<void> {
		this.api = await startCandidApi({
			requestsPer10Seconds: 1_000_000,
			clockOffsetMs: this.clockOffsetMs,
			onRequestEnd: () => this.changeWhilePolled(),
		});
		try {
			this.changes = new this.kind.changes(this.api, this.random, this.clockOffsetMs);
			for (let i = 0; i < 150; i++) this.changes.change();
			this.before = new Set(this.changes.made.map(nameOf));
			this.trigger = new ActiveTrigger(pastedCredential(this.api), this.kind.parameters);
			await this.trigger.activate();
			this.checkOutput();
			expect(this.output.size).toBe(0);
			while (this.changes.made.length < events) await this.step();
			await this.finish();
		} finally {
			await this.api.close();
		}
	}

	private async step(): Promise<void> {
		const { random, changes } = this;
		for (let i = random.whole(0, 10); i > 0; i--) changes.change();
		if (random.chance(0.1)) {
			this.inject();
			await this.restart().catch(() => this.counts.failed++);
			this.api.clearFaults();
			await this.restart();
		} else if (random.chance(0.08)) {
			await this.abandonedPoll();
		} else {
			await this.poll();
		}
		this.checkOutput();
	}

	/** A poll that, if it succeeds and outputs fewer items than it may, has output all that there was before. */
	private async poll(): Promise<void> {
		const visible = this.changes.current.map(nameOf);
		if (this.random.chance(0.15)) this.inject();
		const { executions, errors } = this.trigger;
		const [started, failed] = [executions.length, errors.length];
		await this.polling(async () => await this.trigger.poll());
		this.api.clearFaults();
		const items = executions.slice(started).flat().length;
		this.checkOutput();
		this.counts.failed += errors.length - failed;
		if (errors.length > failed) expect(items).toBe(0);
		else if (items === this.maxItems) this.counts.full++;
		else this.expectOutput(visible);
		expect(items).toBeLessThanOrEqual(this.maxItems);
	}

	/** n8n ends and starts again, with another limit. */
	private async restart(): Promise<void> {
		this.trigger.crash();
		this.counts.crashed++;
		this.maxItems = this.random.oneOf([4, 12, 40, 500, 500]);
		this.trigger.parameters = {
			...this.kind.parameters,
			options: { maxItems: this.maxItems },
		};
		await this.polling(async () => await this.trigger.activate());
	}

	/** n8n ends while a poll is in progress. */
	private async abandonedPoll(): Promise<void> {
		const poll = this.trigger.poll();
		this.trigger.crash();
		await poll;
		this.counts.abandoned++;
		await this.restart();
	}

	private async polling(poll: () => Promise<void>): Promise<void> {
		this.isPolling = true;
		await poll().finally(() => (this.isPolling = false));
	}

	private inject(): void {
		const fault = this.random.oneOf(FAULTS);
		const path = /^\/api\/(tasks|events)\//;
		this.api.inject({ path, skip: this.random.whole(0, 3), ...fault } as Fault);
	}

	private changeWhilePolled(): void {
		if (!this.isPolling || !this.random.chance(0.4)) return;
		for (let i = this.random.whole(1, 3); i > 0; i--) this.changes.change();
		this.counts.changedWhilePolled++;
	}

	/** Nothing comes twice, nothing that was there before the activation, and each execution is in order. */
	private checkOutput(): void {
		const made = new Set(this.changes.made.map(nameOf));
		for (const items of this.trigger.executions.slice(this.checked)) {
			const states = items.map(this.kind.stateOf);
			const times = states.map(({ at }) => Date.parse(at));
			expect(times).toEqual([...times].sort((a, b) => a - b));
			for (const name of states.map(nameOf)) {
				if (this.output.has(name)) throw new Error(`Output twice: ${name}`);
				if (this.before.has(name)) throw new Error(`Older than the activation: ${name}`);
				if (!made.has(name)) throw new Error(`Never was: ${name}`);
				this.output.add(name);
			}
		}
		this.checked = this.trigger.executions.length;
	}

	/** Of the given states, those that have not been replaced meanwhile are output. */
	private expectOutput(visible: string[]): void {
		const current = new Set(this.changes.current.map(nameOf));
		const lost = visible.filter(
			(name) => current.has(name) && !this.output.has(name) && !this.before.has(name),
		);
		if (lost.length > 0) throw new Error(`Lost: ${lost.slice(0, 3).join(', ')}`);
	}

	/** In the end, nothing is left. */
	private async finish(): Promise<void> {
		await this.restart();
		const { executions } = this.trigger;
		for (let started = -1; started !== executions.length; ) {
			started = executions.length;
			await this.trigger.poll();
		}
		this.checkOutput();
		this.expectOutput(this.changes.current.map(nameOf));
	}
}
