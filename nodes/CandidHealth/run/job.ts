import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import type { ReadAction, WriteAction } from '../errors/explain';
import type { Invalid } from '../request/values';
import type { Run } from './run';

/** What a node does for one item, in one or more parts: for an upload, one part for each file. */
export type Job<T extends object> = ReadJob<T> | WriteJob<T>;

interface CommonJob<T> {
	/** how many parts of the whole run may be in flight, at least 1 */
	slots: number;
	/** how many slots a part uses; default 1 */
	weight?(part: T): number;
	/** finds out what can be sent; sends nothing */
	check(): Promise<Array<T | Refusal>>;
	/** waits for parts that must not be in flight with this one; @returns a function that lets the next one start */
	queue?(part: T): Promise<() => void>;
	/** @throws NodeApiError */
	send(part: T, run: Run): Promise<INodeExecutionData[]>;
	/** what a message calls a part */
	subject(part: T): string;
	/** what the error item of a part has besides the message */
	details(part: T): IDataObject;
}

/** Only reads, so it can always be repeated. */
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
	/** identifies the part in the run, and is the same in every try of n8n's Retry On Fail */
	key(part: T): string;
	/** whether a part that is done is sent again if the key comes again; default false */
	isSentAgain?(part: T, run: Run): boolean;
	/** the report's line for a part that is done, with the result; undefined if there was nothing to do */
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
	/** what a message calls it, such as a file's name */
	subject: string;
	/** what its error item has besides the message */
	details: IDataObject;
}

export const isRefusal = (part: object): part is Refusal => 'reason' in part;
