import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import type { ReadAction, WriteAction } from '../errors/explain';
import type { Invalid } from '../request/values';
import type { Run } from './run';

/** What a node does for one item, in one or several parts: one for each file, say. */
export type Job<T extends object> = ReadJob<T> | WriteJob<T>;

interface CommonJob<T> {
	/** how many parts of the whole run may be in flight, at least 1 */
	slots: number;
	/** how many of the slots a part takes, if not one */
	weight?(part: T): number;
	/** finds out what can be sent; sends nothing */
	check(): Promise<Array<T | Refusal>>;
	/** waits for parts that must not be in flight together with this one; @returns lets the next one start */
	queue?(part: T): Promise<() => void>;
	/** @throws an n8n error in plain words */
	send(part: T, run: Run): Promise<INodeExecutionData[]>;
	/** what a message calls a part */
	subject(part: T): string;
	/** what the error item of a part has besides the message */
	details(part: T): IDataObject;
}

/** Only reads, and so can always be repeated. */
interface ReadJob<T> extends CommonJob<T> {
	action: ReadAction;
	write?: undefined;
}

/** Changes something in Candid: what is done is remembered for n8n's Retry On Fail, and reported. */
interface WriteJob<T> extends CommonJob<T> {
	action: WriteAction;
	write: Write<T>;
}

export interface Write<T> {
	/** tells the part from all others of the run, and is the same in every try of n8n's Retry On Fail */
	key(part: T): string;
	/** the report's line for a part that is done, with the result; nothing if there was nothing to do */
	line(part: T, items: INodeExecutionData[]): string | undefined;
	/** what the report counts, in singular and plural */
	nouns: [one: string, several: string];
	/** what the report says of parts for which there was nothing to do */
	unchanged: string;
	/** what to do after a run that has done some of its parts */
	advice: string;
}

/** A part that cannot be sent; `reason` completes '… was not stored: '. */
export interface Refusal extends Invalid {
	/** what a message calls it: a file's name, say */
	subject: string;
	/** what its error item has besides the message */
	details: IDataObject;
}

export const isRefusal = (part: object): part is Refusal => 'reason' in part;
