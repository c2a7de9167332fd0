import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { CandidApi } from '../candid-api';
import type { OutputItem, RealN8n } from './realN8n';

export const SAMPLES_FOLDER = join(__dirname, 'samples');
/** The one that the workflow names. */
export const CHARGE_CAPTURE = 'CC-1001';

const WORKFLOW = join(__dirname, 'workflows', 'upload-samples.json');
const NODE = 'Candid Health';

export interface SampleFile {
	fileName: string;
	bytes: Buffer;
	/** Lower-case hex. */
	sha256: string;
}

/** One sample file, and what became of it. */
export interface SampleUpload {
	sample: SampleFile;
	/** What the node put out for it. */
	output?: OutputItem['json'];
	/** What is wrong, in plain words; undefined when it is stored byte for byte. */
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
	// n8n looks for files with forward slashes on every platform.
	const folder = SAMPLES_FOLDER.replaceAll('\\', '/');
	return await n8n.importWorkflow(WORKFLOW, { SAMPLES_FOLDER: folder });
}

/** @returns the items that the node put out */
export async function runSampleWorkflow(n8n: RealN8n, workflowId: string): Promise<OutputItem[]> {
	return await n8n.execute(workflowId, NODE);
}

/** Holds the files on disk against what the API has stored under the IDs that the node put out. */
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
	if (output === undefined) return 'the node put out no item for it';
	const stored = api.attachments.find((entry) => entry.attachmentId === output.attachment_id);
	if (stored === undefined) return 'the API holds nothing under the attachment ID';
	if (stored.chargeCaptureExternalId !== CHARGE_CAPTURE) {
		return `it is stored on charge capture '${stored.chargeCaptureExternalId}'`;
	}
	if (stored.fileName !== sample.fileName) return `it is stored as '${stored.fileName}'`;
	if (stored.sha256 !== sample.sha256 || !stored.bytes.equals(sample.bytes)) {
		return `the API holds other bytes: ${stored.size} of them, SHA-256 ${stored.sha256}`;
	}
	return undefined;
}
