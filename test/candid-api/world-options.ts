import type { World } from './types';

/** The words for each member of a world on the command line, the default first. */
const CHOICES: Record<string, Array<[word: string, Partial<World>]>> = {
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
};

/** For `parseArgs` of node:util. */
export const WORLD_OPTIONS = Object.fromEntries(
	Object.keys(CHOICES).map((option) => [option, { type: 'string' as const }]),
);

/** One line per option. */
export const WORLD_USAGE = Object.entries(CHOICES)
	.map(([option, choices]) => {
		const words = choices.map(([word]) => word);
		if (option === 'charge-capture-list') words.push('late:<seconds>');
		return `  --${option.padEnd(24)}  ${words.join(' | ')}\n`;
	})
	.join('');

/** Throws an Error for a word that is none of an option's. */
export function worldOf(values: Record<string, unknown>): Partial<World> {
	const chosen = Object.entries(CHOICES).map(([option, choices]): Partial<World> => {
		const word = values[option];
		if (typeof word !== 'string') return {};
		const late = /^late:(\d+(?:\.\d+)?)$/.exec(word)?.[1];
		if (option === 'charge-capture-list' && late !== undefined) {
			return { chargeCaptureList: { lateMs: Number(late) * 1000 } };
		}
		const choice = choices.find(([known]) => known === word);
		if (choice === undefined) throw new Error(`--${option} is not valid: ${word}`);
		return choice[1];
	});
	return Object.assign({}, ...chosen) as Partial<World>;
}
