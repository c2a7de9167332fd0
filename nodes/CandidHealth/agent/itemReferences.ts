/**
 * How an expression takes items: the one of a node that belongs to the current item, the first or the last
 * of a node, one that the model chooses of all, or the current item itself, by `$json`.
 */
type Accessor = 'paired' | 'fixed' | 'chosen' | 'current';

/** A place where an expression takes data of items. */
export interface Reference {
	/** as it stands there: "$('Files').item" */
	text: string;
	accessor: Accessor;
	/** name of the node; undefined where that cannot be told, and for the current item */
	node?: string;
	/** output and run of the node, where the expression says so */
	output?: number;
	run?: number;
}

/**
 * What an expression takes of the data of items. Its text is read, because n8n does not tell a node how a
 * value came about.
 *
 * @param expression a parameter's value that begins with `=`
 */
export function itemReferences(expression: string): Reference[] {
	const code = [...expression.matchAll(/\{\{([^]*?)\}\}/g)].map(([, inside]) => inside).join('\n');
	const toNodes = [...code.matchAll(NODE)].flatMap((match) => referenceIn(match, code) ?? []);
	const others = [...code.matchAll(OTHER_DATA)].map(
		([text]): Reference => ({ text, accessor: text === '$json' ? 'current' : 'paired' }),
	);
	return [...toNodes, ...others];
}

/** `$('Node')`, the property that is read of it, and the arguments if that is called. */
const NODE =
	/\$\(\s*(?:(['"`])((?:\\.|(?!\1)[^\\])*)\1\s*\)(?:\s*(?:\?\.|\.)\s*(\w+)(?:\s*\(([^()]*)\))?)?)?/g;

/** What else gives data of an item: the node's own input, and other ways to name a node. */
const OTHER_DATA =
	/\$(?:binary|data|evaluateExpression|getPairedItem|input|itemIndex|items|json|node|position|prevNode|runIndex)\b/g;

const ACCESSORS: Record<string, Accessor> = {
	item: 'paired',
	pairedItem: 'paired',
	itemMatching: 'paired',
	first: 'fixed',
	last: 'fixed',
	all: 'fixed',
};

/** What `$('Node')` has that is no item's data. */
const NO_ITEMS = ['isExecuted', 'params', 'context'];

function referenceIn(match: RegExpExecArray, code: string): Reference | undefined {
	const [matched, , name, property = '', inBrackets] = match;
	if (NO_ITEMS.includes(property)) return undefined;
	const text = matched.trim();
	const accessor = ACCESSORS[property];
	const numbers = inBrackets?.trim() ? inBrackets.split(',').map(Number) : [];
	const isPlain = accessor === 'paired' || inBrackets !== undefined;
	if (!accessor || !isPlain || name === undefined || !numbers.every(Number.isInteger)) {
		return { text, accessor: 'paired' };
	}
	const isChosen = property === 'all' && isChosenByModel(code.slice(match.index + matched.length));
	const [output, run] = accessor === 'fixed' ? numbers : [];
	const node = name.replace(/\\(.)/g, '$1');
	return { text, accessor: isChosen ? 'chosen' : accessor, node, output, run };
}

/** @param rest what follows a list of items: `[…]` or `.find(…)`, say */
function isChosenByModel(rest: string): boolean {
	const [opening] = /^\s*(?:\?\.|\.)?\s*\w*\s*[[(]/.exec(rest) ?? [];
	if (opening === undefined) return false;
	let depth = 1;
	let end = opening.length;
	for (; depth > 0 && end < rest.length; end++) {
		if ('[('.includes(rest[end]!)) depth++;
		if ('])'.includes(rest[end]!)) depth--;
	}
	return /\$fromai\s*\(/i.test(rest.slice(0, end));
}
