import type { IDataObject, IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';

import { isRecord } from '../types/isRecord';

/** The fields of one of Candid's records that 'Simplify' keeps: at most 10, as n8n's guidelines ask. */
export type PickFields = (record: IDataObject) => IDataObject;

/**
 * Makes the `postReceive` of an operation with a 'Simplify' parameter. If it is on, it reduces every record of the
 * answer, whether the answer is one record, a list or a page of a list. Anything else stays as it is.
 */
export function simplify(pick: PickFields) {
	return async function (
		this: IExecuteSingleFunctions,
		items: INodeExecutionData[],
	): Promise<INodeExecutionData[]> {
		if (this.getNodeParameter('simplify', true) !== true) return items;
		return items.map((item) => ({ ...item, json: simplified(item.json, pick) as IDataObject }));
	};
}

/** Reduces the records of an answer: one record, a list, or a page of a list. */
export function simplified(answer: unknown, pick: PickFields): unknown {
	if (Array.isArray(answer)) return answer.map((record) => simplified(record, pick));
	if (!isRecord(answer)) return answer;
	if (Array.isArray(answer.items)) return { ...answer, items: simplified(answer.items, pick) };
	return defined(pick(answer as IDataObject));
}

const defined = (record: IDataObject) =>
	Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
