import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { WorkflowNode } from '../ownerSession';
import type { CredentialToImport, WorkflowToImport } from '../realN8n';

const FOLDER = join(__dirname, '..', '..', '..', 'workflows');

/** The names of all templates, without `.json`. */
export const templateNames = readdirSync(FOLDER)
	.filter((name) => name.endsWith('.json'))
	.map((name) => name.replace(/\.json$/, ''));

export interface Template {
	name: string;
	nodes: Array<WorkflowNode & { type: string }>;
	/** By node and connection type: for each output, where it leads. */
	connections: Record<string, Record<string, Array<object[] | null>>>;
	settings: object;
}

/** The path of a template's file. */
export const templateFile = (name: string) => join(FOLDER, `${name}.json`);

export function template(name: string): Template {
	return JSON.parse(readFileSync(templateFile(name), 'utf8')) as Template;
}

/** The parameters that a user changes in a template before publishing it, by node. */
export type Changes = Record<string, (parameters: WorkflowNode['parameters']) => object>;

/**
 * A template as a user sets it up: with credentials, and with the changes that its notes ask for.
 *
 * @param credentials a credential for each type that a node needs
 * @throws Error for a change of a node that is not in the template
 */
export function setUp(
	name: string,
	credentials: CredentialToImport[],
	changes: Changes = {},
): WorkflowToImport {
	const { nodes, ...rest } = template(name);
	for (const changed of Object.keys(changes)) {
		if (!nodes.some((node) => node.name === changed)) {
			throw new Error(`'${name}' has no node '${changed}'`);
		}
	}
	return {
		...rest,
		id: createHash('sha256').update(name).digest('hex').slice(0, 16),
		active: false,
		nodes: nodes.map((node) => ({
			...node,
			parameters: { ...node.parameters, ...changes[node.name]?.(node.parameters) },
			credentials: Object.fromEntries(
				credentials
					.filter(({ type }) => type === CREDENTIAL_TYPES[node.type])
					.map(({ type, id, name: label }) => [type, { id, name: label }]),
			),
		})),
	};
}

/** Changes the values of some fields of an 'Edit Fields' node. */
export function assigned(values: Record<string, string>) {
	return ({ assignments }: Record<string, unknown>) => {
		const { assignments: fields } = assignments as { assignments: Array<{ name: string }> };
		return {
			assignments: {
				assignments: fields.map((field) =>
					field.name in values ? { ...field, value: values[field.name] } : field,
				),
			},
		};
	};
}

/** Raises the connection timeout of all 'FTP' nodes, which is ten seconds by default. */
export function patientSftp(name: string): Changes {
	const nodes = template(name).nodes.filter(({ type }) => type === 'n8n-nodes-base.ftp');
	const patient = ({ options }: WorkflowNode['parameters']) => ({
		options: { ...(options as object | undefined), timeout: 5 * 60_000 },
	});
	return Object.fromEntries(nodes.map((node) => [node.name, patient]));
}

/** Credential types by node type, for the nodes that need a credential. */
const CREDENTIAL_TYPES: Record<string, string> = {
	'@n8n/n8n-nodes-langchain.lmChatOpenAi': 'openAiApi',
	'n8n-nodes-base.emailReadImap': 'imap',
	'n8n-nodes-base.emailSend': 'smtp',
	'n8n-nodes-base.ftp': 'sftp',
	'n8n-nodes-base.formTrigger': 'httpBasicAuth',
	'n8n-nodes-base.ssh': 'sshPrivateKey',
	'n8n-nodes-candid-health.candidHealth': 'candidHealthApi',
	'n8n-nodes-candid-health.candidHealthTool': 'candidHealthApi',
	'n8n-nodes-candid-health.candidHealthTrigger': 'candidHealthApi',
};
