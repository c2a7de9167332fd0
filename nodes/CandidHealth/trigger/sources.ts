import { NodeOperationError } from 'n8n-workflow';
import type { IDataObject, IPollFunctions } from 'n8n-workflow';

import { baseUrlOf } from '../auth/environment';
import { chargeCaptureFields } from '../descriptions/chargeCapture/chargeCapture.fields';
import { taskFields } from '../descriptions/task/task.fields';
import type { PickFields } from '../request/simplify';
import { CandidReader } from './candidReader';
import { CHARGE_CAPTURES, chargeCaptureStateOf, pollChargeCaptures } from './chargeCaptures';
import { mayBeBilled } from './documentation';
import { EventFeed } from './eventFeed';
import { encounterEventFields } from './encounterEvent.fields';
import { feedStateOf, pollFeed } from './feed';
import type { Feed, Polled } from './feed';
import { TaskFeed } from './taskFeed';

/** What one 'Trigger On' event reads from Candid. */
export interface Source {
	/** identifies what the state belongs to: another event or another host starts over */
	key: string;
	/** completes 'Candid has no ' */
	subject: string;
	simplified: PickFields;
	/** the newest record, for a test */
	newest(): Promise<IDataObject | undefined>;
	/** @param state what the last poll has returned, or undefined for the first one; @throws NodeApiError */
	poll(state: unknown, limit: number): Promise<Polled<IDataObject>>;
}

/** What messages call the records of each event. */
const SUBJECTS = {
	documentsRequested: 'requests for documents',
	taskUpdated: 'tasks',
	encounterCreated: 'new encounters',
	encounterStatusChanged: 'encounters with a new status',
	chargeCaptureWithoutDocumentation: 'charge captures',
};

type TriggerEvent = keyof typeof SUBJECTS;

/** The categories of tasks with which a payer or Candid asks for documents. */
const DOCUMENT_CATEGORIES = ['medical_records_request', 'documentation_addendum_request'];

/** @throws NodeOperationError for an event that does not exist; UserError for an incomplete credential */
export async function sourceOf(context: IPollFunctions): Promise<Source> {
	const event = eventOf(context);
	const baseUrl = baseUrlOf(await context.getCredentials('candidHealthApi'));
	const reader = new CandidReader(context, baseUrl, SUBJECTS[event]);
	const key = `${event} ${baseUrl}`;
	const named = { key, subject: SUBJECTS[event] };
	const warn = (message: string) => context.logger.warn(message);
	const events = (type: string) => ({
		...named,
		simplified: encounterEventFields,
		...feedSource(new EventFeed(reader, `CandidApi.Encounter.${type}`, warn)),
	});
	const tasks = (categories: string[]) => ({
		...named,
		simplified: taskFields,
		...feedSource(new TaskFeed(reader, categories)),
	});
	switch (event) {
		case 'documentsRequested':
			return tasks(DOCUMENT_CATEGORIES);
		case 'taskUpdated':
			return tasks([context.getNodeParameter('categories', [])].flat().map(String));
		case 'encounterCreated':
			return events('Created');
		case 'encounterStatusChanged':
			return events('StatusUpdated');
		case 'chargeCaptureWithoutDocumentation':
			return { ...named, ...chargeCaptureSource(context, reader, warn) };
	}
}

function eventOf(context: IPollFunctions): TriggerEvent {
	const event = context.getNodeParameter('event');
	const known = (Object.keys(SUBJECTS) as TriggerEvent[]).find((one) => one === event);
	if (known !== undefined) return known;
	throw new NodeOperationError(context.getNode(), "'Trigger On' has a value that does not exist", {
		description: 'Open the node and select it again.',
	});
}

function hoursOf(context: IPollFunctions): number {
	const hours = Number(context.getNodeParameter('hours'));
	if (hours > 0) return hours;
	throw new NodeOperationError(context.getNode(), "'Hours' is not a number greater than 0");
}

const feedSource = (feed: Feed): Pick<Source, 'newest' | 'poll'> => ({
	newest: async () => (await feed.newest())?.record,
	poll: async (state, limit) => await pollFeed(feed, feedStateOf(state), limit),
});

function chargeCaptureSource(
	context: IPollFunctions,
	reader: CandidReader,
	warn: (message: string) => void,
): Pick<Source, 'simplified' | 'newest' | 'poll'> {
	const hours = hoursOf(context);
	return {
		simplified: (record) => ({ ...chargeCaptureFields(record), encounter_id: record.encounter_id }),
		newest: async () => {
			const qs = { sort: 'created_at', sort_direction: 'desc', limit: 100 };
			return (await reader.page(CHARGE_CAPTURES, qs)).records.find(mayBeBilled);
		},
		poll: async (state, limit) =>
			await pollChargeCaptures(reader, chargeCaptureStateOf(state), { hours, limit, warn }),
	};
}
