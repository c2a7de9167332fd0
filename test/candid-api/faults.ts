import type { Answer } from './answers';
import { isAttachmentCreate, pathOf } from './paths';
import type { Fault } from './types';

/** The faults waiting for a request, in the order in which they were injected. */
export class Faults {
	private armed: Array<{ fault: Fault; skip: number; left: number }> = [];

	/** Throws an Error for a fault that cannot come about. */
	inject(fault: Fault): void {
		if (fault.when === 'afterwards' && (fault.cut ?? 'before-answer') !== 'before-answer') {
			throw new Error(`A cut ${fault.cut} cannot come before the request is carried out.`);
		}
		this.armed.push({ fault, skip: fault.skip ?? 0, left: fault.times ?? 1 });
	}

	clear(): void {
		this.armed = [];
	}

	/** The fault that hits this request, used up by one; the first injected wins. */
	take(method: string, url: string): Fault | undefined {
		for (const entry of this.armed) {
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
 * When a fault acts: as the head arrives, with the body here, with the request carried out, or with
 * the body here and the request carried out last.
 */
export function momentOf(fault: Fault): 'arrival' | 'before' | 'after' | 'afterwards' {
	if (fault.when === 'afterwards') return 'afterwards';
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
	// search() ignores the lastIndex that a pattern with the g flag keeps from call to call.
	return typeof path === 'string' ? path === pathOf(url) : url.search(path) !== -1;
}
