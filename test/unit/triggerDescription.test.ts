import { NodeHelpers, Workflow } from 'n8n-workflow';
import type { INodeParameters, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { CandidHealthTrigger } from '../../nodes/CandidHealth/CandidHealthTrigger.node';
import codex from '../../nodes/CandidHealth/CandidHealthTrigger.node.json';
import { OVERLAP_MS } from '../../nodes/CandidHealth/trigger/feed';
import manifest from '../../package.json';
import { TASK_CATEGORIES } from '../candid-api/statuses';
import { candidNode } from '../engine/harness';

const { description } = new CandidHealthTrigger();
const { properties } = description;

const property = (name: string): INodeProperties => properties.find((one) => one.name === name)!;

const events = property('event').options as INodePropertyOptions[];

const node = (parameters: INodeParameters) =>
	candidNode(parameters, { type: 'n8n-nodes-candid-health.candidHealthTrigger' });

/** The names of the parameters and notices that the editor shows with an event. */
function shown(event: string): string[] {
	const parameters = { event };
	return properties
		.filter((one) => NodeHelpers.displayParameter(parameters, one, node(parameters), description))
		.map(({ name }) => name);
}

it('is published beside the node, with the same icons and credential', () => {
	expect(manifest.n8n.nodes).toContain('dist/nodes/CandidHealth/CandidHealthTrigger.node.js');
	expect(codex.node).toBe(`${manifest.name}.${description.name}`);
	const { icon, credentials } = new CandidHealth().description;
	expect(description).toMatchObject({ icon, credentials, polling: true, inputs: [] });
});

it.each([
	['documentsRequested', ['tasksNotice']],
	['taskUpdated', ['categories', 'tasksNotice']],
	['encounterCreated', ['eventsNotice']],
	['encounterStatusChanged', ['eventsNotice']],
	['chargeCaptureWithoutDocumentation', ['hours', 'documentationNotice']],
])('shows with %s only what belongs to it', (event, own) => {
	expect(shown(event)).toEqual(['event', ...own, 'simplify', 'options']);
});

it('lists the events in the order of their labels', () => {
	const labels = events.map(({ name }) => name);
	expect(labels).toEqual([...labels].sort());
	expect(labels).toHaveLength(5);
});

it('has in its subtitle the label of the event', () => {
	for (const { name, value } of events) {
		const types = () => new CandidHealthTrigger();
		const nodeTypes = { getByName: types, getByNameAndVersion: types, getKnownTypes: () => ({}) };
		const trigger = node({ event: value });
		const workflow = new Workflow({ nodes: [trigger], connections: {}, active: false, nodeTypes });
		const { expression } = workflow;
		const { subtitle } = description;
		expect(expression.getSimpleParameterValue(trigger, subtitle, 'internal', {})).toBe(name);
	}
});

it("has all of Candid's categories of tasks, in the order of their labels", () => {
	const categories = property('categories').options as INodePropertyOptions[];
	expect(categories.map(({ value }) => value).sort()).toEqual([...TASK_CATEGORIES].sort());
	const labels = categories.map(({ name }) => name);
	expect(labels).toEqual([...labels].sort((one, other) => one.localeCompare(other)));
	expect(labels).toContain('Multiple E/M Claims');
	expect(labels).toContain('Missing or Incorrect NDC');
	for (const label of labels)
		expect(label).toMatch(/^[A-Z][\w/]*( [A-Z][\w/]*| (by|from|of|or|to))*$/);
});

it('states what it cannot know, and its limits', () => {
	const texts = properties.map(({ displayName }) => displayName).join('\n');
	expect(texts).toContain('Candid keeps these events for 30 days');
	expect(texts).toContain("Candid may hide a charge capture's attachments until its encounter");
	expect(texts).toContain(
		'At most 5,000 charge captures wait at a time, and each poll checks up to 50',
	);
	const [maxItems] = property('options').options as INodeProperties[];
	expect(maxItems).toMatchObject({ displayName: 'Max Items per Poll', default: 500 });
	expect(OVERLAP_MS).toBe(600_000);
});
