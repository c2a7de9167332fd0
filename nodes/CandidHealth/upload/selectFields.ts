/**
 * Which of an item's binary fields a selector means.
 *
 * @param selector one name, several separated by commas, or patterns in which `*` stands for any text
 * @returns the fields, each once, in the order of the selector and within a pattern of the item; and
 * the parts of the selector that mean no field
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

/** `*` matches any text. Walks the literal pieces in order, so that no pattern can be slow. */
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
