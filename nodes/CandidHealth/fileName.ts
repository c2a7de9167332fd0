/**
 * A file's name without folders, and without what cannot stand in a header or on a screen: others may
 * use it as a path. Empty when nothing is left of it.
 */
export function plainFileName(name: string): string {
	const last = name.split(/[/\\]/).pop() ?? '';
	const plain = last
		.replace(/\p{Surrogate}/gu, '\uFFFD')
		.replace(/\p{Cc}+/gu, ' ')
		.trim();
	return /^\.*$/.test(plain) ? '' : plain;
}

/** The first few of a list of names, each in quotes, and how many more there are. */
export function fewOf(names: string[]): string {
	const shown = names.slice(0, 5).map((name) => `'${printable(name, 40)}'`);
	const rest = names.length - shown.length;
	return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** Text on one line, at most `length` characters, for a message; parts of it are shown as HTML. */
export function printable(text: string, length = 100): string {
	const line = text
		.replace(/\p{Surrogate}/gu, '\uFFFD')
		.replace(/[\s\p{Cc}]+/gu, ' ')
		.replace(/</g, '‹')
		.replace(/>/g, '›');
	const characters = [...line.slice(0, 2 * length + 2)];
	return characters.length > length ? `${characters.slice(0, length).join('')}…` : line;
}
