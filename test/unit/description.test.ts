import { Workflow } from 'n8n-workflow';
import type { INodeParameters, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import codex from '../../nodes/CandidHealth/CandidHealth.node.json';
import { SMALL_FILE_SLOTS } from '../../nodes/CandidHealth/upload/uploadAttachments';
import { candidNode, nodeTypesFor } from '../engine/harness';

const { properties, subtitle } = new CandidHealth().description;

// For every item, the engine evaluates a parameter's expression twice for each property with that name,
// and twice more for a property with a routing (test/engine/facts.test.ts); each time takes 0.4 ms.
it.each([
	'chargeCaptureExternalId',
	'encounterId',
	'attachmentId',
	'chargeCapture',
	'encounter',
	'taskId',
	'taskStatus',
])('%s is the name of only one property', (name) => {
	expect(properties.filter((property) => property.name === name)).toHaveLength(1);
});

it.each(['chargeCaptureExternalId', 'encounterId'])(
	'%s, a parameter of uploads, has no routing of its own',
	(name) => {
		expect(properties.find((property) => property.name === name)).not.toHaveProperty('routing');
	},
);

const optionsOf = ({ options = [] }: INodeProperties) => options as INodePropertyOptions[];

const resources = optionsOf(properties.find(({ name }) => name === 'resource')!);

/** The Operation parameter of each resource. */
const operationsOf = (resource: unknown) =>
	optionsOf(
		properties.find(
			({ name, displayOptions }) =>
				name === 'operation' && displayOptions?.show?.resource?.includes(resource as string),
		)!,
	);

/** What the editor shows below the node's name. */
function subtitleWith(parameters: INodeParameters): unknown {
	const node = candidNode(parameters);
	const nodeTypes = nodeTypesFor(new CandidHealth(), []);
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	return workflow.expression.getSimpleParameterValue(node, subtitle, 'internal', {});
}

it.each(
	resources.flatMap((resource) =>
		operationsOf(resource.value).map((operation) => ({
			title: `${operation.name}: ${resource.name}`,
			parameters: { resource: resource.value, operation: operation.value },
		})),
	),
)('the subtitle of the node says $title', ({ title, parameters }) => {
	expect(subtitleWith(parameters)).toBe(title);
});

it.each(
	resources.flatMap((resource) =>
		operationsOf(resource.value).map(({ value }) => [resource.value, value] as const),
	),
)("an AI agent's model is told what %s %s does", (resource, operation) => {
	const texts = properties.filter(
		({ name, displayOptions }) =>
			name === 'toolDescription' &&
			displayOptions?.show?.resource?.includes(resource as string) &&
			displayOptions.show.operation?.includes(operation as string),
	);
	expect(texts).toEqual([expect.objectContaining({ default: expect.stringMatching(/^[A-Z]/) })]);
});

it('the actions of attachments start with Upload and end with Delete', () => {
	expect(operationsOf('attachment').map(({ name }) => name)).toEqual([
		'Upload',
		'Send with Claim',
		'Get Many',
		'Download',
		'Delete',
	]);
});

const option = (name: string) => {
	const options = properties.find((property) => property.name === 'options')!;
	return (options.options as INodeProperties[]).find((property) => property.name === name)!;
};

it('a superbill starts with its patient, and ends with the binary field for its file', () => {
	const labels = properties
		.filter(({ displayOptions }) => displayOptions?.show?.operation?.includes('create'))
		.filter(({ displayOptions }) => displayOptions?.show?.resource?.includes('superbill'))
		.filter(({ name }) => name !== 'toolDescription')
		.map(({ displayName }) => displayName);
	expect([labels[0], labels.at(-1)]).toEqual(['Patient External ID', 'Put Output File in Field']);
});

it("'Max Concurrent Uploads' can be set to as many as are uploaded at most by default", () => {
	const { typeOptions, description } = option('maxConcurrentUploads');
	expect(typeOptions?.maxValue).toBe(SMALL_FILE_SLOTS);
	expect(description).toContain(`up to ${SMALL_FILE_SLOTS} files of 200 KB or less`);
});

/** Everything that has a label, with the names of what it is in: 'filters.externalId'. */
const placeholders = (name: string, { placeholder, options = [] }: INodeProperties): string[][] => [
	[name, placeholder ?? ''],
	...(options as INodeProperties[]).flatMap((inner) =>
		'type' in inner ? placeholders(`${name}.${inner.name}`, inner) : [],
	),
];

it.each([
	'additionalFields.description',
	'additionalFields.fileName',
	'additionalFields.mimeType',
	'claimFields.controlNumber',
	'filters.encounterId',
	'filters.externalId',
	'filters.patientExternalId',
	'filters.searchTerm',
	'patientExternalId',
	'updateFields.claimCreationCategory',
	'updateFields.ehrSourceUrl',
	'updateFields.originatingSystem',
	'text',
])('%s shows an example in its placeholder', (path) => {
	const found = properties
		.flatMap((property) => placeholders(property.name, property))
		.filter(([name]) => name === path);
	expect(found.length).toBeGreaterThan(0);
	for (const [, placeholder] of found) expect(placeholder).toMatch(/^e\.g\. \S/);
});

it.each(['attachment', 'document upload', 'healthcare', 'RCM', 'EHR', 'EOB', 'superbill'])(
	"the nodes panel finds the node by '%s'",
	(alias) => {
		expect(codex.alias).toContain(alias);
	},
);
