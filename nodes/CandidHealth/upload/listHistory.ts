import type { ParentList } from './parentList';

/** When attachments first appeared in the list of one charge capture or encounter, by the lists read in one run. */
export class ListHistory {
	private readonly lists: Array<Pick<ParentList, 'requestedAt' | 'answeredAt'>> = [];

	/** when the first list that showed it was answered, by attachment ID */
	private readonly firstSeen = new Map<string, number>();

	add({ attachments, requestedAt, answeredAt }: ParentList): void {
		this.lists.push({ requestedAt, answeredAt });
		for (const { id } of attachments) {
			this.firstSeen.set(id, Math.min(this.firstSeen.get(id) ?? Infinity, answeredAt));
		}
	}

	/** Whether a list showed the attachment by a time, in milliseconds since the epoch. */
	hadBy(id: string, time: number): boolean {
		return (this.firstSeen.get(id) ?? Infinity) <= time;
	}

	/** Whether a list requested at a time or later did not show the attachment yet. */
	lackedSince(id: string, time: number): boolean {
		const firstSeen = this.firstSeen.get(id) ?? Infinity;
		return this.lists.some((list) => list.requestedAt >= time && list.answeredAt < firstSeen);
	}
}
