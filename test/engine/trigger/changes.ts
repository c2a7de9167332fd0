import type { CandidApi } from '../../candid-api';
import { CLAIM_STATUSES, TASK_STATUSES } from '../../candid-api/statuses';
import type { Seeded } from '../faults/seeded';
import { ENCOUNTER } from '../fixtures';

/** How late a record may become visible after the time that it has: less than the node's overlap. */
const LATEST_MS = 9 * 60_000;

const HOUR_MS = 60 * 60_000;

/** One state of a record in Candid. */
export interface State {
	/** of the task or the event */
	id: string;
	/** its time, by Candid's clock */
	at: string;
}

export const nameOf = ({ id, at }: State) => `${id} ${at}`;

/** What happens in Candid while a trigger runs. Its clock is not this machine's. */
export abstract class Changes {
	/** every state that there was, in the order in which it became visible */
	readonly made: State[] = [];

	/** milliseconds since the epoch by Candid's clock */
	protected clock: number;

	/** @param clockOffsetMs how far Candid's clock is ahead of this machine's */
	constructor(
		protected readonly api: CandidApi,
		protected readonly random: Seeded,
		clockOffsetMs: number,
	) {
		// From the last full hour, so that the same seed has the same result whenever it runs.
		this.clock = Date.now() - (Date.now() % HOUR_MS) + clockOffsetMs;
	}

	/** The newest visible state of each record that has not been replaced. */
	abstract get current(): State[];

	/** One change, at a later time than all before; or one that becomes visible late; or many at one time. */
	change(): void {
		this.clock += this.random.oneOf([0, 1, 40, 3_000, 20_000]);
		const { random } = this;
		if (random.chance(0.004)) this.changeMany(random.whole(90, 260));
		else if (random.chance(0.1)) this.changeOne(this.clock - random.whole(0, LATEST_MS));
		else this.changeOne(this.clock);
	}

	protected abstract changeOne(time: number): void;

	/** All at the same time, as an update of many in one transaction. */
	protected abstract changeMany(count: number): void;
}

/** Tasks are added and updated, alone and many at once. */
export class TaskChanges extends Changes {
	private readonly tasks: State[] = [];

	get current() {
		return this.tasks;
	}

	protected changeOne(time: number): void {
		const task = this.random.oneOf(this.tasks);
		const mayUpdate = task !== undefined && Date.parse(task.at) < time;
		if (mayUpdate && this.random.chance(0.7)) this.update(task, time);
		else this.add(time);
	}

	protected changeMany(count: number): void {
		const time = ++this.clock;
		for (let i = 0; i < count; i++) {
			const task = this.random.oneOf(this.tasks);
			if (task !== undefined && Date.parse(task.at) < time) this.update(task, time);
			else this.add(time);
		}
	}

	private add(time: number): void {
		const at = new Date(time).toISOString();
		const category = this.random.oneOf(['medical_records_request', 'held_by_customer'] as const);
		const seed = { encounterId: ENCOUNTER, category, createdAt: at, updatedAt: at };
		const { taskId: id } = this.api.addTask(seed);
		this.tasks.push({ id, at });
		this.made.push({ id, at });
	}

	private update(task: State, time: number): void {
		task.at = new Date(time).toISOString();
		const status = this.random.oneOf(TASK_STATUSES);
		this.api.updateTask(task.id, { status, updatedAt: task.at });
		this.made.push({ ...task });
	}
}

/** Claims of the seeded encounter get other statuses, alone and many at once. No event is ever replaced. */
export class StatusChanges extends Changes {
	get current() {
		return this.made;
	}

	protected changeOne(time: number): void {
		const createdAt = new Date(time).toISOString();
		const status = this.random.oneOf(CLAIM_STATUSES);
		const event = this.api.setClaimStatus(ENCOUNTER, status, { createdAt });
		this.made.push({ id: event.id, at: event.createdAt });
	}

	protected changeMany(count: number): void {
		const time = ++this.clock;
		for (let i = 0; i < count; i++) this.changeOne(time);
	}
}
