import type { IDataObject, INode, INodeParameters } from 'n8n-workflow';

import { CandidHealth } from '../../../nodes/CandidHealth/CandidHealth.node';
import { startCandidApi } from '../../candid-api';
import type { CandidApi, Fault } from '../../candid-api';
import { CONTINUE_ON_FAIL, locator, retryOnFail } from '../fixtures';
import { runNode } from '../harness';
import { pastedCredential } from '../storedCredential';
import { reportsOf } from './reports';
import type { Report } from './reports';
import { Seeded } from './seeded';

const ITEMS = 6;

/** What an item writes, and to which record. The value tells the items apart. */
interface Item extends IDataObject {
	record: string;
	value: string;
}

interface Kind {
	name: string;
	parameters: INodeParameters;
	/** the requests that write, without those that change what is there already */
	write: Pick<Fault, 'method' | 'path'>;
	/** the requests that read first */
	read: Pick<Fault, 'method' | 'path'>;
	/** Adds a record to Candid. @returns its ID */
	addRecord(api: CandidApi, index: number): string;
	/** the values that Candid holds, of all records */
	held(api: CandidApi): string[];
	/** what a second write to a record does: adds, takes the place of the first, or makes another document */
	second: 'adds' | 'replaces' | 'repeats';
	/** the value in the body of a write, or what is output */
	valueIn(json: IDataObject): unknown;
}

const valueOf = (index: number) => `value ${index}`;

const encounter = (api: CandidApi, index: number) =>
	api.addEncounter({ externalId: `ENC-${index}` }).encounterId;

const KINDS: Kind[] = [
	{
		name: 'billing notes',
		parameters: {
			resource: 'billingNote',
			operation: 'create',
			encounter: locator('={{ $json.record }}'),
			text: '={{ $json.value }}',
		},
		write: { method: 'POST', path: /billing_notes/ },
		read: { method: 'GET', path: /encounters\/v4/ },
		addRecord: encounter,
		held: (api) => api.billingNotes.map(({ text }) => text),
		second: 'adds',
		valueIn: (json) => json.text,
	},
	{
		name: 'claim entries',
		parameters: {
			resource: 'attachment',
			operation: 'sendWithClaim',
			encounter: locator('={{ $json.record.split(" ")[0] }}'),
			attachmentId: locator('={{ $json.record.split(" ")[1] }}'),
			reportType: 'LA',
			claimFields: { controlNumber: '={{ $json.value }}' },
		},
		write: { path: /supplemental-information/, method: 'PUT' },
		read: { path: /supplemental-information/, method: 'GET' },
		addRecord: (api, index) => {
			const encounterId = encounter(api, index);
			return `${encounterId} ${api.addAttachment({ encounterId }).attachmentId}`;
		},
		held: (api) => api.supplementalInformation.map((entry) => String(entry.controlNumber)),
		second: 'replaces',
		valueIn: (json) => json.attachment_control_number,
	},
	{
		name: 'charge captures',
		parameters: {
			resource: 'chargeCapture',
			operation: 'update',
			simplify: true,
			chargeCapture: locator('={{ $json.record }}'),
			updateFields: { originatingSystem: '={{ $json.value }}' },
		},
		write: { method: 'PATCH', path: /charge_captures/ },
		read: { method: 'GET', path: /charge_captures/ },
		addRecord: (api, index) =>
			api.addChargeCapture({ chargeExternalId: `CC-${index}` }).chargeExternalId,
		held: (api) =>
			api.chargeCaptures
				.map(({ originatingSystem }) => originatingSystem)
				.filter((system) => system.startsWith('value')),
		second: 'replaces',
		valueIn: (json) => json.originating_system,
	},
	{
		name: 'superbills',
		parameters: {
			resource: 'superbill',
			operation: 'create',
			patientExternalId: '={{ $json.value }}',
			dateFrom: '2025-01-10',
			dateTo: '2025-01-12',
		},
		write: { method: 'POST', path: /superbill/ },
		read: { method: 'GET', path: /signature/ },
		addRecord: (api, index) => {
			for (let patient = 0; patient < ITEMS; patient++) {
				const patientExternalId = valueOf(patient);
				const externalId = `ENC-${index}-${patient}`;
				api.addEncounter({ externalId, patientExternalId, dateOfService: '2025-01-11' });
			}
			return '';
		},
		held: (api) => api.superbills.map(({ patientExternalId }) => patientExternalId),
		second: 'repeats',
		valueIn: (json) => json.patient_external_id,
	},
];

const RETRY = retryOnFail(3);

const NODES: Array<Partial<INode>> = [
	{},
	RETRY,
	RETRY,
	CONTINUE_ON_FAIL,
	{ ...RETRY, ...CONTINUE_ON_FAIL },
	{ onError: 'continueErrorOutput' },
];

const CUTS = ['before-body', 'before-answer', 'before-answer-unstored', 'mid-answer'] as const;

const STATUSES = [400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504];

const ENVELOPE = { errorName: 'AnyError', content: {} };

const PAGES = ['', '<p>Log in</p>', {}, [], { id: 7 }];

/** @param isLate whether a request may be carried out after the node no longer waits for its answer */
function randomFault(random: Seeded, { write, read }: Kind, isLate: boolean): Fault {
	const where = random.chance(0.25) ? read : { ...write, ...(random.chance(0.3) ? ANY : {}) };
	const faults: Array<() => Fault> = [
		() => ({ kind: 'status', status: random.oneOf(STATUSES), body: ENVELOPE, when: 'before' }),
		() => ({ kind: 'status', status: random.oneOf([408, 500, 503, 504]), when: 'after' }),
		() => ({ kind: 'cut', cut: random.oneOf(CUTS) }),
		() => ({ kind: 'answer', body: random.oneOf(PAGES) }),
		() => ({ kind: 'status', status: 200, body: random.oneOf(PAGES) }),
	];
	if (isLate) {
		faults.push(
			() => ({ kind: 'delay', when: random.oneOf(['after', 'after-answer']) }),
			() => ({ kind: 'cut', when: 'after-answer', delayMs: 300 }),
		);
	}
	const times = random.whole(1, 5);
	return { ...random.oneOf(faults)(), ...where, times, skip: random.whole(0, 4) };
}

/** Creations and changes of the same records. */
const ANY = { method: undefined };

/** Plays one run. @returns what is wrong with it, each in a sentence */
export async function playWrites(seed: number): Promise<string[]> {
	const random = new Seeded(seed, 18);
	const kind = random.oneOf(KINDS);
	const node = random.oneOf(NODES);
	// With several items for one record, a late change would rightly win over the later items.
	const isShared = random.chance(0.5);
	const faults = Array.from({ length: random.whole(1, 6) }, () =>
		randomFault(random, kind, !isShared),
	);
	const api = await startCandidApi({ requestsPer10Seconds: 100_000 });
	try {
		const records = Array.from({ length: isShared ? 2 : ITEMS }, (_, at) =>
			kind.addRecord(api, at),
		);
		const items: Item[] = Array.from({ length: ITEMS }, (_, index) => ({
			record: records[index % records.length]!,
			value: valueOf(index),
		}));
		for (const fault of faults) api.inject(fault);
		const result = await runNode(new CandidHealth(), {
			credential: pastedCredential(api),
			items: items.map((json) => ({ json })),
			parameters: {
				...kind.parameters,
				...(isShared ? {} : { requestOptions: { timeout: 500 } }),
			},
			node,
		});
		await api.settled();
		const reports = reportsOf(result, ITEMS);
		const text = `seed ${seed}, ${kind.name}, ${JSON.stringify({ node, faults, reports })}: `;
		return breachesIn(api, kind, items, reports).map((breach) => text + breach);
	} finally {
		await api.close();
	}
}

/** Compares what Candid holds with what the run says. */
function breachesIn(api: CandidApi, kind: Kind, items: Item[], reports: Report[]): string[] {
	const held = kind.held(api);
	const writes = api.requests.filter(({ method }) => method !== 'GET');
	// A body that was cut has no value.
	const sent = new Set(writes.map(({ body }) => body && kind.valueIn(body as IDataObject)));
	const isSaid = (said: Report['said'], { value }: Item) =>
		reports[items.findIndex((item) => item.value === value)]!.said === said;
	return items.flatMap((item, index) => {
		const { said, output } = reports[index]!;
		const count = held.filter((value) => value === item.value).length;
		const sameRecord = items.filter(({ record }) => record === item.record);
		// A later item of the record, or one of which nothing is known, may have replaced it.
		const mayBeReplaced =
			kind.second === 'replaces' &&
			sameRecord.some(
				(other) =>
					other !== item &&
					(isSaid('unknown', other) || (isSaid('done', other) && other.value > item.value)),
			);
		const wasSent = sent.has(undefined) || sameRecord.some(({ value }) => sent.has(value));
		const of = `item ${index} `;
		return [
			...(count > 1 && kind.second !== 'repeats' ? [`${of}is in Candid ${count} times`] : []),
			...(said === 'done' && count === 0 && !mayBeReplaced ? [`${of}is lost`] : []),
			...(said === 'not done' && count > 0 ? [`${of}is in Candid`] : []),
			...(said === 'unknown' && !wasSent ? [`${of}was never sent, and that is certain`] : []),
			...(said === undefined ? [`${of}is not mentioned`] : []),
			...(output && kind.valueIn(output) !== item.value ? [`${of}has the output of another`] : []),
		];
	});
}
