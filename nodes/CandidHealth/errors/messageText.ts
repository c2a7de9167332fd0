/** The first five names of a list, each in quotes, and how many more there are. */
export function fewOf(names: string[]): string {
	const shown = names.slice(0, 5).map((name) => `'${printable(name, 40)}'`);
	const rest = names.length - shown.length;
	return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/**
 * A text on one line of at most `length` characters, for a message. n8n shows descriptions as HTML, so `<`
 * and `>` are replaced.
 */
export function printable(text: string, length = 100): string {
	const line = text
		.replace(/\p{Surrogate}/gu, '\uFFFD')
		.replace(/[\s\p{Cc}]+/gu, ' ')
		.replace(/</g, '‹')
		.replace(/>/g, '›');
	const characters = [...line.slice(0, 2 * length + 2)];
	return characters.length > length ? `${characters.slice(0, length).join('')}…` : line;
}

export const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
