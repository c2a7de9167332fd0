/**
 * The fields of an item that a selector matches.
 *
 * @param selector one name, several separated by commas, or patterns in which `*` matches any text
 * @returns `fields`: each matching field once, in the order of the selector, those of one pattern in the
 * order of the item; `unmatched`: the parts of the selector that match no field
 */
export function selectFields(
	selector: string,
	available: string[],
): { fields: string[]; unmatched: string[] } {
	const fields = new Set<string>();
	const unmatched: string[] = [];
	for (const part of selector.split(',').map((text) => text.trim())) {
		if (part === '') continue;
		const matches = available.filter((name) => name === part || matchesPattern(name, part));
		if (matches.length === 0) unmatched.push(part);
		for (const name of matches) fields.add(name);
	}
	return { fields: [...fields], unmatched };
}

/** Finds the texts between the `*` in order. No pattern makes this slow, unlike a regular expression. */
function matchesPattern(name: string, pattern: string): boolean {
	const pieces = pattern.split('*');
	if (pieces.length === 1) return false;
	const first = pieces[0] ?? '';
	const last = pieces[pieces.length - 1] ?? '';
	if (!name.startsWith(first) || !name.endsWith(last)) return false;
	let from = first.length;
	for (const piece of pieces.slice(1, -1)) {
		const at = name.indexOf(piece, from);
		if (at === -1) return false;
		from = at + piece.length;
	}
	return from + last.length <= name.length;
}
