import { randomUUID } from 'node:crypto';

import { notFound, Refusal } from './answers';
import {
	DEPRECATED_TASK_STATUSES,
	MAX_TASKS_PER_PAGE,
	TASK_STATUS_DEPRECATED,
	WRONG_TASK_LIMIT,
} from './assumptions';
import type { Clock } from './clock';
import type { Encounter, Lookups } from './lookups';
import {
	date,
	first,
	memberOf,
	millisecondsOf,
	oneOf,
	page,
	someOf,
	startOf,
	wrong,
	type Query,
} from './query';
import {
	TASK_CATEGORIES,
	TASK_STATUSES,
	TASK_TYPES,
	type TaskCategory,
	type TaskStatus,
	type TaskType,
} from './statuses';
import type { World } from './types';
import { checkUuid } from './uuids';
import { claimIdOf, relatedId } from './wire';

export interface TaskNote {
	id: string;
	text: string;
	/** ISO 8601 */
	createdAt: string;
}

export interface Task {
	taskId: string;
	encounterId: string;
	/** ID of the encounter's only claim. */
	claimId: string;
	/** The encounter's external ID. */
	externalId: string;
	patientExternalId: string;
	patientName: string;
	/** YYYY-MM-DD */
	dateOfService: string;
	taskType: TaskType;
	category?: TaskCategory;
	status: TaskStatus;
	description: string;
	blocksClaimSubmission: boolean;
	payerName?: string;
	payerId?: string;
	assigneeUserId?: string;
	notes: TaskNote[];
	/** ISO 8601 */
	createdAt: string;
	/** ISO 8601; the last change of the task itself. */
	updatedAt: string;
	/** ISO 8601; the last change of the task or its notes. */
	aggUpdatedAt: string;
}

export interface TaskSeed
	extends Partial<Omit<Task, 'encounterId' | 'notes' | 'aggUpdatedAt' | 'claimId'>> {
	/**
	 * An encounter of the same client. External IDs, patient name and date of service come from it
	 * unless the seed has them. Other defaults: a random task ID, type 'CUSTOMER_DATA_REQUEST', no
	 * category, status 'open', created now by the API's clock, and updated when it was created.
	 */
	encounterId: string;
	/** The client it belongs to; default the first one. */
	clientId?: string;
}

/**
 * What changes. `updatedAt` is the time of the change, by default now. A change with nothing but a note
 * leaves the task's own `updatedAt` as it is.
 */
export type TaskChanges = Partial<
	Pick<
		Task,
		'status' | 'category' | 'description' | 'blocksClaimSubmission' | 'assigneeUserId' | 'updatedAt'
	>
> & { note?: string };

interface TasksContext {
	world: World;
	clock: Clock;
	lookups: Lookups;
	seeds: TaskSeed[];
}

/** The tasks of a client. */
export class Tasks {
	private readonly context: TasksContext;
	private readonly held = new Map<string, Task>();

	constructor(context: TasksContext) {
		this.context = context;
		this.reset();
	}

	get all(): Task[] {
		return [...this.held.values()];
	}

	/** Throws an Error for an unknown encounter. */
	add(seed: Omit<TaskSeed, 'clientId'>): Task {
		const { clock, lookups } = this.context;
		const encounter = lookups.findEncounter(seed.encounterId);
		const createdAt = seed.createdAt ?? clock.timestamp();
		const updatedAt = seed.updatedAt ?? createdAt;
		const task: Task = {
			...ofEncounter(encounter),
			taskId: randomUUID(),
			taskType: 'CUSTOMER_DATA_REQUEST',
			status: 'open',
			description: 'Invented task',
			blocksClaimSubmission: false,
			...seed,
			notes: [],
			createdAt,
			updatedAt,
			aggUpdatedAt: updatedAt,
		};
		this.held.set(task.taskId, task);
		return task;
	}

	/** Throws the 404 for an unknown task. Accepts deprecated statuses. */
	change(taskId: string, { updatedAt, note, ...changes }: TaskChanges): Task {
		const task = this.find(taskId);
		const at = updatedAt ?? this.context.clock.timestamp();
		if (note !== undefined) {
			task.notes.push({ id: randomUUID(), text: note, createdAt: at });
			task.aggUpdatedAt = at;
		}
		const isChanged = Object.keys(changes).length > 0;
		if (!isChanged && (note !== undefined || updatedAt === undefined)) return task;
		return Object.assign(task, changes, { updatedAt: at, aggUpdatedAt: at });
	}

	list(query: Query): object {
		const slice = { start: startOf(query), limit: limitOf(query) };
		const matches = filterOf(query);
		const [field, direction] = sortOf(query);
		const sign = direction === 'asc' ? 1 : -1;
		const sorted = this.all
			.filter(matches)
			.map((task) => ({ task, key: SORT_KEYS[field](task) }))
			.sort((a, b) => sign * (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
		const onWire = ({ task }: { task: Task }) => taskOnWire(task);
		return page(sorted, { slice, world: this.context.world, onWire });
	}

	get(taskId: string): object {
		return taskOnWire(this.find(taskId));
	}

	/** Throws the 422 for a wrong body or a deprecated status, and the 404 for an unknown task. */
	update(taskId: string, body: Record<string, unknown>): object {
		const changes = changesOf(body);
		this.find(taskId);
		const { status } = changes;
		if (status !== undefined && DEPRECATED_TASK_STATUSES.includes(status)) {
			throw new Refusal(TASK_STATUS_DEPRECATED, { deprecated_status: status });
		}
		return taskOnWire(this.change(taskId, changes));
	}

	/** Only the seeded tasks are left, as they were at the start. */
	reset(): void {
		this.held.clear();
		for (const seed of this.context.seeds) this.add(seed);
	}

	private find(taskId: string): Task {
		checkUuid('task_id', taskId);
		const found = this.held.get(taskId);
		if (found === undefined) throw notFound(taskId);
		return found;
	}
}

function ofEncounter(encounter: Encounter) {
	const { encounterId, externalId, patientExternalId, patient, dateOfService } = encounter;
	const patientName =
		patient === undefined ? 'Placeholder Patient' : `${patient.firstName} ${patient.lastName}`;
	const claimId = claimIdOf(encounter);
	return { encounterId, claimId, externalId, patientExternalId, patientName, dateOfService };
}

const SORT_KEYS = {
	updated_at: (task: Task) => Date.parse(task.updatedAt),
	patient_name: (task: Task) => task.patientName,
	patient_external_id: (task: Task) => task.patientExternalId,
	payer_name: (task: Task) => task.payerName ?? '',
	payer_id: (task: Task) => task.payerId ?? '',
	status: (task: Task) => task.status,
	task_type: (task: Task) => task.taskType,
	category: (task: Task) => task.category ?? '',
	agg_updated_at: (task: Task) => Date.parse(task.aggUpdatedAt),
	date_of_service: (task: Task) => task.dateOfService,
	blocks_claim_submission: (task: Task) => Number(task.blocksClaimSubmission),
};
const SORT_FIELDS = Object.keys(SORT_KEYS) as Array<keyof typeof SORT_KEYS>;

function sortOf(query: Query): [field: keyof typeof SORT_KEYS, direction: 'asc' | 'desc'] {
	const [field, direction] = (first(query, 'sort') ?? 'updated_at:desc').split(':', 2);
	return [memberOf('sort', field, SORT_FIELDS), memberOf('sort', direction, ['asc', 'desc'])];
}

function limitOf(query: Query): number {
	const limit = Number(first(query, 'limit') ?? 100);
	if (!Number.isInteger(limit) || limit < 1 || limit > MAX_TASKS_PER_PAGE) {
		const message = 'Limit parameter provided must be greater than 0 and less than 1000.';
		throw new Refusal(WRONG_TASK_LIMIT, { message });
	}
	return limit;
}

function filterOf(query: Query): (task: Task) => boolean {
	const tests = [
		...among(someOf(query, 'statuses', TASK_STATUSES), (task) => task.status),
		...among(oneOf(query, 'status', TASK_STATUSES), (task) => task.status),
		...among(someOf(query, 'task_types', TASK_TYPES), (task) => task.taskType),
		...among(oneOf(query, 'task_type', TASK_TYPES), (task) => task.taskType),
		...among(someOf(query, 'categories', TASK_CATEGORIES), (task) => task.category),
		...among(uuid(query, 'encounter_id'), (task) => task.encounterId),
		...among(uuid(query, 'assigned_to_id'), (task) => task.assigneeUserId),
		...rangeOf(query),
	];
	return (task) => tests.every((test) => test(task));
}

type Test = (task: Task) => boolean;

/** No test if the filter was not sent. */
function among(wanted: string | string[] | undefined, of: (task: Task) => string | undefined) {
	if (wanted === undefined) return [];
	const values = [wanted].flat();
	return [(task: Task) => values.some((value) => value === of(task))];
}

function rangeOf(query: Query): Test[] {
	const earliest = date(query, 'date_of_service_min');
	const latest = date(query, 'date_of_service_max');
	const term = first(query, 'search_term')?.toLowerCase();
	const since = first(query, 'updated_since');
	const sinceTime = since === undefined ? undefined : millisecondsOf(since);
	if (since !== undefined && sinceTime === undefined) {
		throw wrong('updated_since', 'must be a date-time');
	}
	return [
		(task) => sinceTime === undefined || Date.parse(task.updatedAt) >= sinceTime,
		(task) => earliest === undefined || task.dateOfService >= earliest,
		(task) => latest === undefined || task.dateOfService <= latest,
		({ encounterId, claimId, taskId, externalId }) =>
			term === undefined ||
			[encounterId, claimId, taskId, externalId].some((id) => id.toLowerCase().includes(term)),
	];
}

function uuid(query: Query, name: string): string | undefined {
	const value = first(query, name);
	if (value !== undefined) checkUuid(name, value);
	return value;
}

/** What a PATCH asks for: a member that is null or missing changes nothing. */
function changesOf(body: Record<string, unknown>): TaskChanges {
	const changes: TaskChanges = {};
	const { status, assignee_user_id: assignee, blocks_claim_submission: blocks } = body;
	if (status !== undefined && status !== null) {
		changes.status = memberOf('status', status, TASK_STATUSES);
	}
	if (assignee !== undefined && assignee !== null) {
		if (typeof assignee !== 'string') throw wrong('assignee_user_id', 'must be a UUID');
		checkUuid('assignee_user_id', assignee);
		changes.assigneeUserId = assignee;
	}
	if (blocks !== undefined && blocks !== null) {
		if (typeof blocks !== 'boolean') throw wrong('blocks_claim_submission', 'must be a boolean');
		changes.blocksClaimSubmission = blocks;
	}
	return changes;
}

/** JSON.stringify leaves out the optional members that a task does not have. */
const taskOnWire = (task: Task) => ({
	task_id: task.taskId,
	encounter_id: task.encounterId,
	task_type: task.taskType,
	description: task.description,
	blocks_claim_submission: task.blocksClaimSubmission,
	external_id: task.externalId,
	patient_name: task.patientName,
	patient_external_id: task.patientExternalId,
	payer_name: task.payerName,
	payer_id: task.payerId,
	status: task.status,
	notes: task.notes.map((note) => ({
		task_note_id: note.id,
		text: note.text,
		created_at: note.createdAt,
		author_name: 'Example Author',
		author_organization_name: 'Example Clinic',
	})),
	created_at: task.createdAt,
	updated_at: task.updatedAt,
	agg_updated_at: task.aggUpdatedAt,
	date_of_service: task.dateOfService,
	assignments:
		task.assigneeUserId === undefined
			? []
			: [
					{
						task_assignment_id: relatedId(task.taskId, '9'),
						assignee_user_id: task.assigneeUserId,
					},
				],
	category: task.category,
});
