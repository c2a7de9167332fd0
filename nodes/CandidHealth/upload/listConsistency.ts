import { dropOldest, latestUsed } from '../run/boundedMap';
import { LONGEST_WAIT_MS } from '../run/waits';
import type { ParentList } from './parentList';
import { ProbeQueue } from './probeQueue';
import type { Parent } from './shipment';
import { StoredAttachments } from './storedAttachments';

/** How late lists are, as seen from lists that showed an attachment that this process had stored. */
export interface ObservedLag {
	/** the shortest time observed from the start of an upload to the end of a list that showed it, milliseconds */
	lagMs: number;
	/**
	 * when the first such list was requested, milliseconds since the epoch. Since it showed a file that
	 * this process had stored, it also shows files stored before this process started.
	 */
	since: number;
}

/** The oldest are forgotten first. */
const MAX_PARENTS = 5_000;

const MAX_ACCOUNTS = 1_000;

/**
 * Whether lists of attachments show what is stored, and how soon: for the charge captures or the
 * encounters of one account.
 *
 * A list that does not show a file proves that the file is not stored only if such lists are known to be
 * consistent with what is stored. Candid does not promise that: its create page says that attachments of
 * a charge capture are 'not searchable via the get endpoint until they are associated with an encounter'.
 * It does not say which list that means, nor how soon a list shows a new file.
 *
 * So this class compares each list with the attachments that this process has stored. Once a list shows
 * one of them, lists count as consistent, with the lag observed: a list requested that much later than a
 * file was stored has to show it. When a list lacks a file that it has to show, all observations are
 * dropped. As long as there is none, a list proves nothing.
 *
 * What is observed at one encounter holds for all encounters of the account. What is observed at a charge
 * capture holds for that one only, because it may have an encounter that others lack; it holds for all
 * after `share`, for one that is known to have none.
 */
export class ListConsistency {
	readonly stored = new StoredAttachments();

	readonly probes = new ProbeQueue();

	private readonly lagByParent = new Map<string, ObservedLag>();

	private sharedLag?: ObservedLag;

	/** keys of parents whose lag holds for no other parent */
	private readonly notShareable = new Set<string>();

	/** a measurement in progress */
	private measuring?: Promise<void>;

	constructor(private readonly kind: Parent['kind']) {}

	/** Compares a list with what is stored. */
	observe(parent: Parent, list: ParentList): void {
		const listed = new Set(list.attachments.map(({ id }) => id));
		for (const [id, { sentAt, storedAt }] of this.stored.at(parent)) {
			if (listed.has(id)) {
				this.addLag(parent, { lagMs: list.answeredAt - sentAt, since: list.requestedAt });
				continue;
			}
			const lag = this.lagFor(parent);
			if (lag && list.requestedAt >= storedAt + lag.lagMs) {
				this.stored.forget(id);
				this.dropLags();
			}
		}
	}

	/** How late lists of the parent are; undefined if that has not been observed. */
	lagFor({ key }: Parent): ObservedLag | undefined {
		const own = this.lagByParent.get(key);
		return own && this.sharedLag ? shortest(own, this.sharedLag) : (own ?? this.sharedLag);
	}

	/** IDs of a lane's attachments that were stored so recently that the list may not show them yet. */
	recentIn(lane: string, parent: Parent, list: ParentList): string[] {
		const lagMs = this.lagFor(parent)?.lagMs ?? 0;
		return this.stored
			.at(parent)
			.filter(([, one]) => one.lane === lane && one.storedAt + lagMs > list.requestedAt)
			.map(([id]) => id);
	}

	/**
	 * The latest other parent that can tell how late lists are: a lag was observed there, or a file was
	 * stored there so recently that a list can still show a lag of less than a minute.
	 */
	parentToMeasure(parent: Parent): Parent | undefined {
		const newestFirst = [...this.stored.parentKeys(), ...this.lagByParent.keys()].reverse();
		for (const key of newestFirst) {
			const other = this.stored.parent(key);
			if (other && key !== parent.key && this.canMeasureAt(key)) return other;
		}
		return undefined;
	}

	/** Makes the lag observed at one parent hold for all. */
	share({ key }: Parent): void {
		const lag = this.lagByParent.get(key);
		if (lag) this.sharedLag = shortest(this.sharedLag, lag);
	}

	/** The lag observed at this parent holds for no other. */
	neverShare({ key }: Parent): void {
		this.notShareable.add(key);
	}

	/** Runs a measurement, one for all who need it at the same time. */
	async measureOnce(measure: () => Promise<void>): Promise<void> {
		this.measuring ??= measure().finally(() => (this.measuring = undefined));
		await this.measuring;
	}

	private canMeasureAt(key: string): boolean {
		if (this.notShareable.has(key)) return false;
		const recently = Date.now() - LONGEST_WAIT_MS;
		return (
			this.lagByParent.has(key) || this.stored.at({ key }).some(([, one]) => one.sentAt > recently)
		);
	}

	private addLag({ key }: Parent, lag: ObservedLag): void {
		this.lagByParent.set(key, shortest(this.lagByParent.get(key), lag));
		dropOldest(this.lagByParent, MAX_PARENTS);
		if (this.kind === 'encounter') this.sharedLag = shortest(this.sharedLag, lag);
	}

	private dropLags(): void {
		this.lagByParent.clear();
		this.sharedLag = undefined;
	}
}

const shortest = (one: ObservedLag | undefined, other: ObservedLag): ObservedLag => ({
	lagMs: Math.min(one?.lagMs ?? Infinity, other.lagMs),
	since: Math.min(one?.since ?? Infinity, other.since),
});

const consistencies = new Map<string, ListConsistency>();

const consistencyKey = (account: string, kind: Parent['kind']) => JSON.stringify([account, kind]);

export function consistencyOf({
	account,
	kind,
}: Pick<Parent, 'account' | 'kind'>): ListConsistency {
	const key = consistencyKey(account, kind);
	return latestUsed(consistencies, key, () => new ListConsistency(kind), MAX_ACCOUNTS);
}

/** To be called for every attachment that is deleted, because lists will not show it any more. */
export function forgetDeleted(account: string, attachmentId: string): void {
	for (const kind of ['chargeCapture', 'encounter'] as const) {
		consistencies.get(consistencyKey(account, kind))?.stored.forget(attachmentId);
	}
}
