import { BY_CHARGE_CAPTURE_PATH, CREATE_BY_CHARGE_CAPTURE_PATH } from '../candid-api/paths';
import { CREDENTIAL_TYPE, credentialData } from '../n8n/localCredential';
import type { CredentialToImport, WorkflowToImport } from '../n8n/realN8n';
import type { Side } from './cases';

export const TRIGGER = 'Run by hand';
export const MEASURED = 'Measured step';

/** The server that files are uploaded to or downloaded from. */
export interface Target {
	/** a unique name */
	name: string;
	url: string;
	/** an access token that it accepts */
	token: string;
}

/** The charge capture for cases in which all files belong to one. */
export const CHARGE_CAPTURE = 'CC-1001';

/** The charge capture's external ID is the file's name, as in a workflow for a folder of files. */
const FILE_NAME = '={{ $json.fileName }}';

/** The nodes that upload, set up as a user does it. */
const UPLOADS = {
	'this node': ({ name }: Target, externalId: string) => ({
		type: 'n8n-nodes-candid-health.candidHealth',
		typeVersion: 1,
		parameters: {
			resource: 'attachment',
			operation: 'upload',
			attachTo: 'chargeCapture',
			chargeCaptureExternalId: { __rl: true, mode: 'id', value: externalId },
			attachmentType: 'DOCUMENTATION',
			binaryPropertyName: 'data',
			additionalFields: {},
			options: {},
		},
		credentials: { [CREDENTIAL_TYPE]: { id: candidId(name), name: candidId(name) } },
	}),
	'HTTP Request node': ({ name, url }: Target, externalId: string) => ({
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.5,
		parameters: {
			method: 'POST',
			url: `${url}${CREATE_BY_CHARGE_CAPTURE_PATH}`,
			authentication: 'genericCredentialType',
			genericAuthType: 'httpHeaderAuth',
			sendBody: true,
			contentType: 'multipart-form-data',
			bodyParameters: {
				parameters: [
					{
						parameterType: 'formData',
						name: 'charge_capture_external_id',
						value: externalId,
					},
					{ parameterType: 'formData', name: 'attachment_type', value: 'DOCUMENTATION' },
					{
						parameterType: 'formBinaryData',
						name: 'attachment_file',
						inputDataFieldName: 'data',
					},
				],
			},
			options: { response: { response: { responseFormat: 'text' } } },
		},
		credentials: { httpHeaderAuth: { id: headerId(name), name: headerId(name) } },
	}),
	'empty declarative node': () => ({ type: 'CUSTOM.minimal', typeVersion: 1, parameters: {} }),
	'one-field declarative node': ({ name }: Target, externalId: string) => ({
		type: 'CUSTOM.minimal',
		typeVersion: 1,
		parameters: { text: externalId },
		credentials: { [CREDENTIAL_TYPE]: { id: candidId(name), name: candidId(name) } },
	}),
} satisfies Partial<Record<Side, (target: Target, externalId: string) => object>>;

export type NodeSide = keyof typeof UPLOADS;

export const isNodeSide = (side: Side): side is NodeSide => side in UPLOADS;

/** The nodes that download; their items are the entries of Candid's list. */
const DOWNLOADS: Partial<Record<Side, (target: Target) => object>> = {
	'this node': ({ name }) => ({
		type: 'n8n-nodes-candid-health.candidHealth',
		typeVersion: 1,
		parameters: {
			resource: 'attachment',
			operation: 'download',
			attachTo: 'chargeCapture',
			chargeCaptureExternalId: { __rl: true, mode: 'id', value: CHARGE_CAPTURE },
			attachmentId: { __rl: true, mode: 'id', value: '={{ $json.attachment_id }}' },
			binaryPropertyName: 'data',
		},
		credentials: { [CREDENTIAL_TYPE]: { id: candidId(name), name: candidId(name) } },
	}),
	'HTTP Request node': ({ name }) => ({
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.5,
		parameters: {
			url: '={{ $json.authed_url }}',
			authentication: 'genericCredentialType',
			genericAuthType: 'httpHeaderAuth',
			options: { response: { response: { responseFormat: 'file' } } },
		},
		credentials: { httpHeaderAuth: { id: headerId(name), name: headerId(name) } },
	}),
};

const candidId = (target: string) => `${target}-candid`;

const headerId = (target: string) => `${target}-header`;

/** The credentials that the nodes need for a target. */
export function credentialsFor({ name, url, token }: Target): CredentialToImport[] {
	const candid = { type: CREDENTIAL_TYPE, data: credentialData(url) };
	const header = {
		type: 'httpHeaderAuth',
		data: { name: 'Authorization', value: `Bearer ${token}` },
	};
	return [
		{ id: candidId(name), name: candidId(name), ...candid },
		{ id: headerId(name), name: headerId(name), ...header },
	];
}

/** Run by hand → read the files of a folder → upload them. */
export function uploadWorkflow(
	id: string,
	side: NodeSide | 'no upload',
	folder: string,
	target: Target,
	externalId = FILE_NAME,
): WorkflowToImport {
	const read = {
		name: 'Read the files',
		type: 'n8n-nodes-base.readWriteFile',
		typeVersion: 1.1,
		parameters: { operation: 'read', fileSelector: `${folder}/*`, options: {} },
	};
	return workflowOf(id, read, side === 'no upload' ? undefined : UPLOADS[side](target, externalId));
}

/** Run by hand → list the attachments of a charge capture → download them. */
export function downloadWorkflow(id: string, side: Side, target: Target): WorkflowToImport {
	const list = {
		name: 'List the attachments',
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.5,
		parameters: {
			url: `${target.url}${BY_CHARGE_CAPTURE_PATH}/${CHARGE_CAPTURE}`,
			options: {},
		},
	};
	return workflowOf(id, list, DOWNLOADS[side]?.(target));
}

/** n8n saves no data of the run. @param measured the last step; a baseline workflow does not have it */
function workflowOf(id: string, first: { name: string }, measured?: object): WorkflowToImport {
	const trigger = {
		name: TRIGGER,
		type: 'n8n-nodes-base.manualTrigger',
		typeVersion: 1,
		parameters: {},
	};
	const last = measured === undefined ? [] : [{ name: MEASURED, ...measured }];
	const to = (node: string) => ({ main: [[{ node, type: 'main', index: 0 }]] });
	return {
		id,
		name: id,
		active: false,
		nodes: [trigger, first, ...last].map((node, index) => ({
			id: `node-${index}`,
			position: [220 * index, 0],
			...node,
		})),
		connections: {
			[trigger.name]: to(first.name),
			...(measured && { [first.name]: to(MEASURED) }),
		},
		settings: {
			executionOrder: 'v1',
			saveManualExecutions: false,
			saveDataErrorExecution: 'none',
			saveDataSuccessExecution: 'none',
		},
		pinData: {},
	};
}
