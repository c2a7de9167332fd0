import type { Answer } from './answers';
import { isAttachmentCreate, pathOf } from './paths';
import type { Fault } from './types';

/** The injected faults that wait for a matching request, in the order in which they were injected. */
export class Faults {
	private pending: Array<{ fault: Fault; skip: number; left: number }> = [];

	/** Throws an Error for a contradictory fault. */
	inject(fault: Fault): void {
		if (fault.when === 'after-answer' && (fault.cut ?? 'before-answer') !== 'before-answer') {
			throw new Error(`A request that is cut '${fault.cut}' cannot be processed after its end.`);
		}
		this.pending.push({ fault, skip: fault.skip ?? 0, left: fault.times ?? 1 });
	}

	clear(): void {
		this.pending = [];
	}

	/** The fault that applies to this request, if any. The first that was injected wins. */
	take(method: string, url: string): Fault | undefined {
		for (const entry of this.pending) {
			if (entry.left <= 0 || !matches(entry.fault, method, url)) continue;
			if (entry.skip > 0) {
				entry.skip -= 1;
				continue;
			}
			entry.left -= 1;
			return entry.fault;
		}
		return undefined;
	}
}

/**
 * When a fault acts:
 * - 'arrival': when the head of the request has arrived
 * - 'before': when the body has arrived, before the request is processed
 * - 'after': after the request is processed
 * - 'after-answer': when the body has arrived; the request is processed after its end
 */
export function stageOf(fault: Fault): 'arrival' | 'before' | 'after' | 'after-answer' {
	if (fault.when === 'after-answer') return 'after-answer';
	if (fault.kind === 'cut') {
		if (fault.cut === 'before-body' || fault.cut === 'during-body') return 'arrival';
		return fault.cut === 'before-answer-unstored' ? 'before' : 'after';
	}
	return fault.when ?? (fault.kind === 'status' ? 'before' : 'after');
}

export function faultAnswer({ kind, status, body, contentType, headers }: Fault): Answer {
	return { status: status ?? (kind === 'status' ? 500 : 200), body, contentType, headers };
}

function matches({ method, path }: Fault, requestMethod: string, url: string): boolean {
	if (method === undefined && path === undefined) return isAttachmentCreate(requestMethod, url);
	if (method !== undefined && method.toUpperCase() !== requestMethod) return false;
	if (path === undefined) return true;
	// Unlike test(), search() ignores the lastIndex that a pattern with the g flag keeps between calls.
	return typeof path === 'string' ? path === pathOf(url) : url.search(path) !== -1;
}
