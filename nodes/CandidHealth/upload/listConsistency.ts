import { sleep } from 'n8n-workflow';

import { dropOldest } from '../run/boundedMap';
import { LONGEST_WAIT_MS } from '../run/waits';
import type { ParentList } from './parentList';
import type { Parent } from './shipment';

/** An attachment that this process was given the ID of, and has not deleted. */
interface KnownAttachment {
	lane: string;
	/** milliseconds since the epoch: when its upload began, and when Candid had answered it */
	sentAt: number;
	storedAt: number;
}

/** That lists have shown what is known to be there. */
interface ObservedLag {
	/** how long after an upload began a list showed it, milliseconds: no list is later than that */
	lagMs: number;
	/**
	 * when the first such list was requested, milliseconds since the epoch. It and all after it show
	 * what was stored before this process began, because it showed what was stored later.
	 */
	since: number;
}

/** The oldest are forgotten first. */
const MAX_PARENTS = 5_000;

const MAX_IDS = 1_000;

const MAX_ACCOUNTS = 1_000;

/** After a file did not come into a list, no other is stored to find that out for so long. */
const PROBE_PAUSE_MS = 10 * 60_000;

/**
 * What this process knows of the lists of one kind (charge captures or encounters) in one account, and
 * whether they can prove that a file is not there.
 *
 * Candid says that files stored on a charge capture are 'not searchable via the get endpoint until they
 * are associated with an encounter', and not which list that means, nor how soon a list shows a file. So
 * a list proves that something is absent only if lists have been seen to show what is known to be there,
 * and if it was requested as much later as they have been seen to take.
 *
 * What was seen at one encounter holds for all. What was seen at a charge capture that has an encounter
 * says nothing about one that has none: it holds for that charge capture alone until it is shared.
 */
export class ListConsistency {
	private readonly known = new Map<string, Map<string, KnownAttachment>>();

	private readonly parents = new Map<string, Parent>();

	private readonly lagByParent = new Map<string, ObservedLag>();

	private shared?: ObservedLag;

	/** parents whose evidence cannot be shared */
	private readonly notShareable = new Set<string>();

	private notListedAt = -Infinity;

	/** settles when the file that is stored to see whether lists show it is in the list, or is not */
	private probing: Promise<unknown> = Promise.resolve();

	/** a search for evidence in progress */
	private measuring?: Promise<void>;

	constructor(private readonly kind: Parent['kind']) {}

	/** An upload that Candid has acknowledged. */
	addStored(parent: Parent, id: string, lane: string, sentAt: number): void {
		const ids = this.known.get(parent.key) ?? new Map<string, KnownAttachment>();
		this.known.delete(parent.key);
		this.known.set(parent.key, ids.set(id, { lane, sentAt, storedAt: Date.now() }));
		this.parents.set(parent.key, parent);
		dropOldest(ids, MAX_IDS);
		for (const key of dropOldest(this.known, MAX_PARENTS)) this.parents.delete(key);
	}

	/** An attachment that was deleted: that a list lacks it says nothing any more. */
	forget(id: string): void {
		for (const ids of this.known.values()) ids.delete(id);
	}

	isKnown(parent: Parent, id: string): boolean {
		return this.known.get(parent.key)?.has(id) ?? false;
	}

	/** IDs of a lane that were stored too recently for the list to show them for certain. */
	recentIn(lane: string, parent: Parent, list: ParentList): string[] {
		const { lagMs } = this.lagFor(parent) ?? { lagMs: 0 };
		return [...(this.known.get(parent.key) ?? [])]
			.filter(([, one]) => one.lane === lane && one.storedAt + lagMs > list.requestedAt)
			.map(([id]) => id);
	}

	/** Takes what a list shows, or does not show, for evidence or against it. */
	observe(parent: Parent, list: ParentList): void {
		const listed = new Set(list.attachments.map(({ id }) => id));
		for (const [id, { sentAt, storedAt }] of [...(this.known.get(parent.key) ?? [])]) {
			if (listed.has(id)) {
				this.addLag(parent, { lagMs: list.answeredAt - sentAt, since: list.requestedAt });
				continue;
			}
			const evidence = this.lagFor(parent);
			if (evidence && list.requestedAt >= storedAt + evidence.lagMs) {
				this.known.get(parent.key)?.delete(id);
				this.dropLags();
			}
		}
	}

	/** What lists of the parent have been seen to do; undefined without evidence. */
	lagFor(parent: Parent): ObservedLag | undefined {
		const own = this.lagByParent.get(parent.key);
		return own && this.shared ? better(own, this.shared) : (own ?? this.shared);
	}

	/**
	 * The latest parent beside this one whose list has shown what is there, or may still do so soon
	 * enough to be of use, and that may speak for others.
	 */
	parentToMeasure(parent: Parent): Parent | undefined {
		const newest = [...this.known.keys(), ...this.lagByParent.keys()].reverse();
		const key = newest.find(
			(one) => one !== parent.key && this.parents.has(one) && this.mayBeShared(one),
		);
		return key === undefined ? undefined : this.parents.get(key);
	}

	/** Lets what was seen at one parent hold for all. */
	share(parent: Parent): void {
		const evidence = this.lagByParent.get(parent.key);
		if (evidence) this.shared = better(this.shared, evidence);
	}

	/** What is seen at this parent says nothing about others. */
	keepApart(parent: Parent): void {
		this.notShareable.add(parent.key);
	}

	/** A file that was stored has not come into the list. */
	rememberNotListed(): void {
		this.notListedAt = Date.now();
	}

	/** Whether a file has lately been stored in vain to see whether lists show it. */
	get mayProbe(): boolean {
		return Date.now() - this.notListedAt > PROBE_PAUSE_MS;
	}

	/** Runs a probe when no other is in progress, and all know how that one has ended. */
	async probeAlone<T>(probe: () => Promise<T>): Promise<T> {
		const turn = this.probing.then(probe);
		this.probing = turn.catch(() => {}).then(async () => await sleep(0));
		return await turn;
	}

	/** Runs a search for evidence, one for all who need it at the same time. */
	async measureOnce(search: () => Promise<void>): Promise<void> {
		this.measuring ??= search().finally(() => (this.measuring = undefined));
		await this.measuring;
	}

	private mayBeShared(key: string): boolean {
		if (this.notShareable.has(key)) return false;
		const recently = Date.now() - LONGEST_WAIT_MS;
		const ids = [...(this.known.get(key)?.values() ?? [])];
		return this.lagByParent.has(key) || ids.some(({ sentAt }) => sentAt > recently);
	}

	private addLag(parent: Parent, evidence: ObservedLag): void {
		this.lagByParent.set(parent.key, better(this.lagByParent.get(parent.key), evidence));
		dropOldest(this.lagByParent, MAX_PARENTS);
		if (this.kind === 'encounter') this.shared = better(this.shared, evidence);
	}

	private dropLags(): void {
		this.lagByParent.clear();
		this.shared = undefined;
	}
}

const better = (one: ObservedLag | undefined, other: ObservedLag): ObservedLag => ({
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
	const witness = consistencies.get(key) ?? new ListConsistency(kind);
	consistencies.delete(key);
	consistencies.set(key, witness);
	dropOldest(consistencies, MAX_ACCOUNTS);
	return witness;
}

/** To be called for every attachment that is deleted, so that nobody goes on counting on it. */
export function forgetDeleted(account: string, attachmentId: string): void {
	for (const kind of ['chargeCapture', 'encounter'] as const) {
		consistencies.get(consistencyKey(account, kind))?.forget(attachmentId);
	}
}
