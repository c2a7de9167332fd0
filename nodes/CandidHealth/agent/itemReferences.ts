/**
 * Which item an expression uses. 'paired': the node's item that n8n links to the current one; 'fixed':
 * the node's first, last or all items, the same in every call; 'chosen': the one that the model chooses;
 * 'current': the current item itself, by `$json`.
 */
type Accessor = 'paired' | 'fixed' | 'chosen' | 'current';

/** A place where an expression uses an item's data. */
export interface Reference {
	/** the expression's own text: "$('Files').item" */
	text: string;
	accessor: Accessor;
	/** name of the node; undefined if it is not known, and for the current item */
	node?: string;
	/** output and run of the node, where the expression names them */
	output?: number;
	run?: number;
}

/**
 * Finds where an expression uses data of items. It reads the expression's text, because n8n does not tell
 * a node where a value came from.
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

/** `$('Node')`, the property that follows, and its arguments if it is called. */
const NODE =
	/\$\(\s*(?:(['"`])((?:\\.|(?!\1)[^\\])*)\1\s*\)(?:\s*(?:\?\.|\.)\s*(\w+)(?:\s*\(([^()]*)\))?)?)?/g;

/** Other access to an item's data: the node's own input, and other ways to name a node. */
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

/** Properties of `$('Node')` that are not data of items. */
const NOT_ITEMS = ['isExecuted', 'params', 'context'];

function referenceIn(match: RegExpExecArray, code: string): Reference | undefined {
	const [matched, , name, property = '', args] = match;
	if (NOT_ITEMS.includes(property)) return undefined;
	const text = matched.trim();
	const accessor = ACCESSORS[property];
	const numbers = args?.trim() ? args.split(',').map(Number) : [];
	const isPlain = accessor === 'paired' || args !== undefined;
	if (!accessor || !isPlain || name === undefined || !numbers.every(Number.isInteger)) {
		return { text, accessor: 'paired' };
	}
	const isChosen = property === 'all' && isChosenByModel(code.slice(match.index + matched.length));
	const [output, run] = accessor === 'fixed' ? numbers : [];
	const node = name.replace(/\\(.)/g, '$1');
	return { text, accessor: isChosen ? 'chosen' : accessor, node, output, run };
}

/**
 * Whether the choice from a list of items depends on `$fromAI()`.
 *
 * @param rest the code after the list: such as `[…]` or `.find(…)`
 */
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
