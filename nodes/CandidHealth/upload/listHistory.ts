import type { ParentList } from './parentList';

/** What the lists of one charge capture or encounter, read in one run, say about its attachments' age. */
export class ListHistory {
	private readonly lists: Array<Pick<ParentList, 'requestedAt' | 'answeredAt'>> = [];

	private readonly firstSeen = new Map<string, number>();

	add({ attachments, requestedAt, answeredAt }: ParentList): void {
		this.lists.push({ requestedAt, answeredAt });
		for (const { id } of attachments) {
			this.firstSeen.set(id, Math.min(this.firstSeen.get(id) ?? Infinity, answeredAt));
		}
	}

	/** Whether a list had the attachment by a time, in milliseconds since the epoch. */
	hadBy(id: string, time: number): boolean {
		return (this.firstSeen.get(id) ?? Infinity) <= time;
	}

	/** Whether a list that was requested at a time or later did not have the attachment. */
	lackedSince(id: string, time: number): boolean {
		const firstSeen = this.firstSeen.get(id) ?? Infinity;
		return this.lists.some((list) => list.requestedAt >= time && list.answeredAt < firstSeen);
	}
}
