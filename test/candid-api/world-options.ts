import type { World } from './types';

/** The values of each command line option and the setting that each stands for, the default first. */
const CHOICES: Record<string, Array<[value: string, Partial<World>]>> = {
	'charge-capture-list': [
		['now', { chargeCaptureList: 'at once' }],
		['hidden', { chargeCaptureList: 'with an encounter' }],
		['404', { chargeCaptureList: '404 until known' }],
	],
	'page-tokens': [
		['omitted', { pageTokens: 'omitted' }],
		['null', { pageTokens: 'null' }],
	],
	'unknown-types': [
		['accepted', { unknownAttachmentType: 'accepted' }],
		['refused', { unknownAttachmentType: 'refused' }],
	],
	'file-names': [
		['as-sent', { fileNames: 'as sent' }],
		['cleaned', { fileNames: 'cleaned' }],
	],
	'create-answer': [
		['string', { createAnswer: 'string' }],
		['object', { createAnswer: 'object' }],
		['201', { createAnswer: '201' }],
	],
	search: [
		['ids', { searchTerm: 'IDs' }],
		['patients', { searchTerm: 'IDs and patients' }],
	],
	'encounter-tie': [
		['external-id', { encounterTie: 'external ID' }],
		['claim-creation', { encounterTie: 'claim creation' }],
	],
	'event-payload': [
		['encounter', { eventPayload: 'encounter' }],
		['omitted', { eventPayload: 'omitted' }],
	],
	'billing-notes': [
		['now', { billingNotesOnEncounter: 'at once' }],
		['omitted', { billingNotesOnEncounter: 'omitted' }],
	],
};

/** For `parseArgs` of node:util. */
export const WORLD_OPTIONS = Object.fromEntries(
	Object.keys(CHOICES).map((option) => [option, { type: 'string' as const }]),
);

/** One line per option. */
export const WORLD_USAGE = Object.entries(CHOICES)
	.map(([option, choices]) => {
		const values = choices.map(([value]) => value);
		if (option === 'charge-capture-list') values.push('late:<seconds>');
		return `  --${option.padEnd(24)}  ${values.join(' | ')}\n`;
	})
	.join('');

/** Throws an Error for a value that an option does not have. */
export function worldOf(values: Record<string, unknown>): Partial<World> {
	const chosen = Object.entries(CHOICES).map(([option, choices]): Partial<World> => {
		const value = values[option];
		if (typeof value !== 'string') return {};
		const late = /^late:(\d+(?:\.\d+)?)$/.exec(value)?.[1];
		if (option === 'charge-capture-list' && late !== undefined) {
			return { chargeCaptureList: { lateMs: Number(late) * 1000 } };
		}
		const choice = choices.find(([known]) => known === value);
		if (choice === undefined) throw new Error(`--${option} is not valid: ${value}`);
		return choice[1];
	});
	return Object.assign({}, ...chosen) as Partial<World>;
}
