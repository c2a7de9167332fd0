import type { INodeProperties } from 'n8n-workflow';

const ANSWERS =
	"If the answer has an 'error', nothing was done unless it says otherwise: tell the user what 'error' and 'message' say, and repeat the call only if the answer has try_again: true. Never invent an ID.";

const PARENT =
	"a charge capture, by its external ID (the clinic's own ID of the visit, such as CC-1001), or an encounter, by its encounter ID (a UUID from Candid)";

const ATTACHMENT = `the attachment_id (a UUID, from an upload or from the list of attachments), and what the file is attached to, either ${PARENT}`;

const NONE = 'The answer results: 0 means that there are none';

/** What the model is told about each operation. Without this, n8n tells it only the operation's title (2.41.1). */
const TEXTS = {
	attachment: {
		upload: `Stores a file in Candid Health, the clinic's billing system, on ${PARENT}. Call it once for each file, with the ID of the visit that the file belongs to. The answer has the attachment_id of the file; already_attached: true means that it was attached before, and also_attached_to names other visits that the same file was stored on.`,
		sendWithClaim:
			'Chooses whether Candid Health sends a file that is stored on an encounter to the payer with its claim. Needs the encounter ID and the attachment_id (UUIDs from Candid). The answer is the claim entry of the file; already_included: true, or already_excluded: true, means that it was the same before.',
		getAll: `Lists the files that are stored in Candid Health on ${PARENT}: attachment_id, file_name, attachment_type. It does not show what is in the files. ${NONE}; for a charge capture Candid may list files only after its encounter has been created.`,
		download: `Downloads a file that is stored in Candid Health, so that people can open it in n8n's execution. The answer does not show what is in the file. Needs ${ATTACHMENT}.`,
		delete: `Deletes a file from Candid Health permanently. Use it only if the user has asked for it. Needs ${ATTACHMENT}.`,
	},
	billingNote: {
		create:
			'Adds a billing note, which the billing team reads, to an encounter in Candid Health. Needs the encounter ID (a UUID from Candid) and the text. Call it once for each note. The answer has its billing_note_id.',
	},
	chargeCapture: {
		get: "Reads a charge capture (what was done at a visit, before it is billed) from Candid Health by its external ID (the clinic's own ID of the visit, such as CC-1001): status, date of service, the patient's external ID.",
		getEncounter:
			"Finds the encounter (the visit as it is billed) that Candid Health has created from a charge capture, by the charge capture's external ID (such as CC-1001). created_encounter_id is the encounter_id to use for its files and notes; null means that there is no encounter yet: claim_creation_status and errors say why.",
		getAll: `Lists charge captures (what was done at visits, before they are billed) from Candid Health. Each has a charge_external_id: use it to store files on the charge capture. ${NONE}.`,
		update:
			'Changes a charge capture in Candid Health, by its external ID (such as CC-1001). With the status billable Candid may create the claim: set it only if the user has asked for it.',
	},
	encounter: {
		get: "Reads an encounter (a visit as it is billed) from Candid Health by its encounter ID (a UUID from Candid): its external ID, date of service, claim statuses, the patient's external ID.",
		getAll: `Lists encounters (visits as they are billed) from Candid Health. Each has an encounter_id: use it to store files on the encounter. ${NONE}.`,
	},
	superbill: {
		create:
			"Creates a superbill (a document that lists a patient's visits and what was done) in Candid Health, one for each billing provider, so that people can open it in n8n's execution. It changes no claim. The answer does not show what is in the file. Needs the patient's external ID (the clinic's own ID of the patient, such as PAT-1) and the first and last date of service.",
	},
	task: {
		getAll: `Lists tasks (what Candid or a payer asks the clinic to do about a visit, such as to send medical records) from Candid Health: task_id, category, status, and the encounter_id of the visit. ${NONE}.`,
		update:
			'Changes the status of a task in Candid Health to finished, waiting_for_review, in_progress, blocked or open. The answer is the task with its new status. Needs the task_id (a UUID, from the list of tasks).',
	},
};

/** Shown if the node is a tool, instead of n8n's own parameter of the same name. */
export const toolDescriptions: INodeProperties[] = Object.entries(TEXTS).flatMap(
	([resource, operations]) =>
		Object.entries(operations).map(([operation, text]) => ({
			displayName: 'Description',
			name: 'toolDescription',
			type: 'string',
			typeOptions: { rows: 5 },
			default: `${text} ${ANSWERS}`,
			description: 'What the model is told about this tool',
			displayOptions: { show: { '@tool': [true], resource: [resource], operation: [operation] } },
		})),
);
