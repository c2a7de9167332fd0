import type { IDataObject } from 'n8n-workflow';

import { runUpload } from '../harness';
import type { InputItem, RunResult, RunSettings } from '../harness';

/** Content that n8n stores as usual, with the fields of its binary value that an upstream node may set. */
export class Content {
	constructor(
		readonly bytes: Buffer,
		readonly recorded: Record<string, unknown> = {},
	) {}
}

/** An upstream item as a Code node may output it. A `Content` is replaced by its binary value. */
export interface OddItem {
	json: IDataObject;
	binary?: Record<string, unknown>;
}

export interface OddRun extends Omit<RunSettings, 'items'> {
	items: OddItem[];
}

/** Runs 'items → Candid Health: Upload' in n8n's engine. */
export async function runOddItems({ items, ...settings }: OddRun): Promise<RunResult> {
	return await runUpload({ ...settings, items: items.map(inputItem) });
}

function inputItem({ json, binary = {} }: OddItem): InputItem {
	const stored: Array<[string, Content]> = [];
	const raw: Array<[string, unknown]> = [];
	for (const [field, value] of Object.entries(binary)) {
		if (value instanceof Content) stored.push([field, value]);
		else raw.push([field, value]);
	}
	const files = stored.map(([field, { bytes, recorded }]) => [
		field,
		{ bytes, fileName: 'visit.pdf', mimeType: 'application/pdf', recorded },
	]);
	return { json, files: Object.fromEntries(files), raw: Object.fromEntries(raw) };
}
