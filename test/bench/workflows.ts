import { CREATE_BY_CHARGE_CAPTURE_PATH } from '../candid-api/paths';
import { CREDENTIAL_TYPE, credentialData } from '../n8n/localCredential';
import type { CredentialToImport, WorkflowToImport } from '../n8n/realN8n';
import type { Side } from './cases';

export const TRIGGER = 'Run by hand';
/** The step that is measured. */
export const UPLOAD = 'Upload';

/** Where files are uploaded to. */
export interface Target {
	/** a word that tells it from the others */
	name: string;
	url: string;
	/** what it takes for a valid access token */
	token: string;
}

/** The charge capture's external ID is the file's name, as in a workflow for a folder of files. */
const FILE_NAME = '={{ $json.fileName }}';

/** What uploads in n8n, as a user sets it up. */
const NODES = {
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
	'empty declarative node': () => ({ type: 'CUSTOM.floor', typeVersion: 1, parameters: {} }),
	'one-field declarative node': ({ name }: Target, externalId: string) => ({
		type: 'CUSTOM.floor',
		typeVersion: 1,
		parameters: { text: externalId },
		credentials: { [CREDENTIAL_TYPE]: { id: candidId(name), name: candidId(name) } },
	}),
} satisfies Partial<Record<Side, (target: Target, externalId: string) => object>>;

export type NodeSide = keyof typeof NODES;

export const isNodeSide = (side: Side): side is NodeSide => side in NODES;

const candidId = (target: string) => `${target}-candid`;

const headerId = (target: string) => `${target}-header`;

/** What the nodes need to reach a target. */
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

/** Run by hand → read the files of a folder → upload them; n8n keeps nothing of the run. */
export function benchWorkflow(
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
	const trigger = {
		name: TRIGGER,
		type: 'n8n-nodes-base.manualTrigger',
		typeVersion: 1,
		parameters: {},
	};
	const upload = side === 'no upload' ? [] : [{ name: UPLOAD, ...NODES[side](target, externalId) }];
	const to = (node: string) => ({ main: [[{ node, type: 'main', index: 0 }]] });
	return {
		id,
		name: id,
		active: false,
		nodes: [trigger, read, ...upload].map((node, index) => ({
			id: `node-${index}`,
			position: [220 * index, 0],
			...node,
		})),
		connections: {
			[trigger.name]: to(read.name),
			...(upload.length > 0 && { [read.name]: to(UPLOAD) }),
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
