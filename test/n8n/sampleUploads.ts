import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { CandidApi } from '../candid-api';
import type { OutputItem, RealN8n } from './realN8n';

export const SAMPLES_FOLDER = join(__dirname, 'samples');
/** The charge capture in the sample workflow. */
export const CHARGE_CAPTURE = 'CC-1001';

const WORKFLOW = join(__dirname, 'testWorkflows', 'upload-samples.json');
const NODE = 'Candid Health';

export interface SampleFile {
	fileName: string;
	bytes: Buffer;
	/** Lower-case hexadecimal. */
	sha256: string;
}

/** One sample file and the result of its upload. */
export interface SampleUpload {
	sample: SampleFile;
	/** The node's output item for it. */
	output?: OutputItem['json'];
	/** What is wrong; undefined if the file is stored unchanged. */
	problem?: string;
}

export async function sampleFiles(): Promise<SampleFile[]> {
	const names = (await readdir(SAMPLES_FOLDER)).filter((name) => !name.startsWith('.')).sort();
	return await Promise.all(
		names.map(async (fileName) => {
			const bytes = await readFile(join(SAMPLES_FOLDER, fileName));
			return { fileName, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
		}),
	);
}

/** @returns the workflow's ID */
export async function importSampleWorkflow(n8n: RealN8n): Promise<string> {
	// n8n expects forward slashes in file paths on every platform.
	const folder = SAMPLES_FOLDER.replaceAll('\\', '/');
	return await n8n.importWorkflow(WORKFLOW, { SAMPLES_FOLDER: folder });
}

/** @returns the node's output items */
export async function runSampleWorkflow(n8n: RealN8n, workflowId: string): Promise<OutputItem[]> {
	return await n8n.execute(workflowId, NODE);
}

/** Compares the files on disk with the files that the API has stored under the IDs in the node's output. */
export async function compareWithStored(
	items: OutputItem[],
	api: CandidApi,
): Promise<SampleUpload[]> {
	return (await sampleFiles()).map((sample) => {
		const output = items.find(({ json }) => json.file_name === sample.fileName)?.json;
		return { sample, output, problem: problemWith(sample, output, api) };
	});
}

function problemWith(
	sample: SampleFile,
	output: OutputItem['json'] | undefined,
	api: CandidApi,
): string | undefined {
	if (output === undefined) return 'the node returned no item for it';
	const stored = api.attachments.find((entry) => entry.attachmentId === output.attachment_id);
	if (stored === undefined) return 'the API has no attachment with the returned ID';
	if (stored.chargeCaptureExternalId !== CHARGE_CAPTURE) {
		return `it is stored on charge capture '${stored.chargeCaptureExternalId}'`;
	}
	if (stored.fileName !== sample.fileName) return `it is stored as '${stored.fileName}'`;
	if (stored.sha256 !== sample.sha256 || !stored.bytes.equals(sample.bytes)) {
		return `the stored bytes differ: ${stored.size} bytes, SHA-256 ${stored.sha256}`;
	}
	return undefined;
}
