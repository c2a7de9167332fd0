/**
 * A file's name without folders and control characters, because a later node may use it as a path; empty
 * if nothing else is left.
 */
export function plainFileName(name: string): string {
	const last = name.split(/[/\\]/).pop() ?? '';
	const plain = last
		.replace(/\p{Surrogate}/gu, '\uFFFD')
		.replace(/\p{Cc}+/gu, ' ')
		.trim();
	return /^\.*$/.test(plain) ? '' : plain;
}

/** The extension of a name, without the dot; empty if there is none. */
export const extensionIn = (fileName: string) => /\.([^.]+)$/.exec(fileName)?.[1] ?? '';
