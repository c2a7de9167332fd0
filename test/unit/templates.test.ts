import type { INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { template, templateNames } from '../n8n/templates/template';

type TemplateNode = ReturnType<typeof template>['nodes'][number] & { position: [number, number] };

interface Box {
	name: string;
	left: number;
	top: number;
	right: number;
	bottom: number;
}

const HEADINGS = ['Before you publish it', 'Before you run it'];

/** Words of n8n's editor 2.41.1. */
const EDITOR_LABELS = [
	'On Error: Continue',
	'On Error: Continue (using error output)',
	'Production URL',
];

const nodesOf = (name: string) => template(name).nodes as TemplateNode[];
const isNote = ({ type }: TemplateNode) => type === 'n8n-nodes-base.stickyNote';
const notesOf = (name: string) => nodesOf(name).filter(isNote);
const stepsOf = (name: string) => nodesOf(name).filter((node) => !isNote(node));
const textOf = (note: TemplateNode) => note.parameters.content as string;
const namesOf = (name: string) => stepsOf(name).map((node) => node.name);

describe.each(templateNames)('the template %s', (name) => {
	test('names in bold only what the user finds under that name', () => {
		const known = new Set([...namesOf(name), ...fieldsOf(name), ...labels(), ...EDITOR_LABELS]);
		const unknown = notesOf(name).flatMap((note) =>
			bold(textOf(note)).filter((text) => !known.has(text) && !isHeading(note, text)),
		);
		expect(unknown).toEqual([]);
	});

	test('has no credentials, and no address that is not an example', () => {
		const texts = nodesOf(name).map((node) => JSON.stringify(node));
		expect(nodesOf(name).filter(({ credentials }) => credentials)).toEqual([]);
		const addresses = texts.join().match(/[\w.-]+@[\w-]+\.\w+/g) ?? [];
		expect(addresses.filter((address) => !address.endsWith('@example.com'))).toEqual([]);
	});

	test('refers in expressions and connections only to nodes that it has', () => {
		const { connections } = template(name);
		const inExpressions = stepsOf(name).flatMap(({ parameters }) =>
			[...JSON.stringify(parameters).matchAll(/\$\('([^']+)'\)/g)].map(([, node = '']) => node),
		);
		const ends = Object.values(connections).flatMap((byType) =>
			Object.values(byType).flatMap((outputs) => outputs.flatMap((links) => links ?? [])),
		);
		const used = [
			...inExpressions,
			...Object.keys(connections),
			...ends.map((end) => (end as { node: string }).node),
		];
		expect(used.filter((node) => !namesOf(name).includes(node))).toEqual([]);
		const linked = new Set(used);
		expect(namesOf(name).filter((node) => !linked.has(node))).toEqual([]);
	});

	test('has no two nodes or notes over each other on the canvas', () => {
		const boxes = nodesOf(name).map(boxOf);
		const overlaps = boxes.flatMap((box, index) =>
			boxes
				.slice(index + 1)
				.filter((other) => overlap(box, other))
				.map((other) => `${box.name} / ${other.name}`),
		);
		expect(overlaps).toEqual([]);
	});

	test('runs when its name, its trigger and its notes say', () => {
		const words = [template(name).name, ...notesOf(name).map(textOf), ...namesOf(name)].join('\n');
		const schedules = stepsOf(name).filter(isScheduled);
		for (const schedule of schedules) {
			const inWords = scheduleInWords(schedule);
			if (isSchedule(schedule)) expect(schedule.name).toBe(inWords);
			expect(notesOf(name).map(textOf).join('\n')).toContain(inWords);
		}
		const said = new Set(
			words.match(/\bevery (?:morning|night|day|hour|\w+ (?:minutes|hours))\b/gi),
		);
		const meant = schedules.map((each) => scheduleInWords(each));
		expect([...said].filter((time) => !meant.some((each) => each.startsWith(time)))).toEqual([]);
		if (/night/i.test(words)) expect(meant).toEqual([expect.stringContaining('night')]);
	});
});

const bold = (text: string) => [...text.matchAll(/\*\*(.+?)\*\*/g)].map(([, inner = '']) => inner);

/** A heading stands alone in its line. */
const isHeading = (note: TemplateNode, text: string) =>
	HEADINGS.includes(text) && textOf(note).split('\n').includes(`**${text}**`);

/** Names of the fields that the template's 'Edit Fields' nodes set. */
function fieldsOf(name: string): string[] {
	return stepsOf(name).flatMap(({ parameters }) => {
		const { assignments } = parameters as {
			assignments?: { assignments: Array<{ name: string }> };
		};
		return assignments?.assignments.map((field) => field.name) ?? [];
	});
}

/** The labels of this package's node: `Label`, or `Label: Option` of a list of options. */
function labels(properties: Entry[] = new CandidHealth().description.properties): string[] {
	return properties.flatMap((entry) => {
		if ('values' in entry) return labels(entry.values);
		if (!('displayName' in entry)) return [];
		const options = entry.options ?? [];
		const values = options.flatMap((option) => ('value' in option ? [option.name] : []));
		const inner = options.filter((option) => !('value' in option));
		return [
			entry.displayName,
			...values.map((value) => `${entry.displayName}: ${value}`),
			...labels(inner),
		];
	});
}

type Entry = INodeProperties | INodePropertyOptions | INodePropertyCollection;

/** A node with its name below it, as wide and high as n8n 2.41.1 draws it. An agent is wider than others. */
function boxOf(node: TemplateNode): Box {
	const [left, top] = node.position;
	const { width, height } = node.parameters as { width: number; height: number };
	const size = isNote(node) ? { width, height } : { width: isAgent(node) ? 260 : 100, height: 150 };
	return { name: node.name, left, top, right: left + size.width, bottom: top + size.height };
}

const isAgent = ({ type }: TemplateNode) => type === '@n8n/n8n-nodes-langchain.agent';

const overlap = (a: Box, b: Box) =>
	a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

interface Interval {
	field: string;
	minutesInterval?: number;
	hoursInterval?: number;
	daysInterval?: number;
	triggerAtHour?: number;
	triggerAtMinute?: number;
}

interface PollTime {
	mode: string;
	value: number;
	unit: 'minutes' | 'hours';
}

const isSchedule = ({ type }: TemplateNode) => type === 'n8n-nodes-base.scheduleTrigger';
const isScheduled = (node: TemplateNode) => isSchedule(node) || 'pollTimes' in node.parameters;

/** The times of a schedule, or of a trigger that polls, which has them in other words. */
function intervalsOf({ parameters }: TemplateNode): Interval[] {
	if (!('pollTimes' in parameters)) return (parameters.rule as { interval: Interval[] }).interval;
	const { item } = parameters.pollTimes as { item: PollTime[] };
	return item.map(({ mode, value, unit }) =>
		mode === 'everyX' ? { field: unit, [`${unit}Interval`]: value } : { field: mode },
	);
}

/** Throws for a schedule that no template has yet. */
function scheduleInWords(node: TemplateNode): string {
	const [first, ...others] = intervalsOf(node);
	if (first?.field === 'minutes' && others.length === 0) {
		return `Every ${NUMBERS[first.minutesInterval ?? 0]} minutes`;
	}
	if (first?.field === 'hours' && first.hoursInterval === 1 && others.length === 0) {
		return 'Every hour';
	}
	if (first?.field !== 'days' || first.daysInterval !== 1 || others.length > 0) {
		throw new Error('Say in words what this schedule is.');
	}
	const hour = first.triggerAtHour ?? 0;
	if (first.triggerAtMinute || hour === 0 || hour > 11)
		throw new Error('Say in words which time this is.');
	return `Every ${hour < 6 ? 'night' : 'morning'} at ${NUMBERS[hour]}`;
}

const NUMBERS = 'zero one two three four five six seven eight nine ten eleven'.split(' ');
