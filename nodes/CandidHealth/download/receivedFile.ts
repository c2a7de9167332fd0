import { essenceOf, isAccepted, isTextual, kindsOf, typeOf } from '../upload/fileType';
import type { FileFacts, Kind } from '../upload/fileType';

/** What came by a file's link: of which type it is, if that is known, or why it cannot be the file. */
export type Received = { type?: string } | StandIn;

interface StandIn {
	/** completes '… was not downloaded: ' */
	reason: string;
	advice: string;
}

/**
 * Compares what came by a file's link with what Candid says of the file. Whatever can be the file is
 * handed on, even where Candid's type is wrong or it is of a kind that Candid does not accept: somebody
 * has stored it, and wants it back.
 *
 * @param file the name and the type that Candid has for it, and its content
 * @param answeredType the type that the answer itself gives; may be empty
 */
export function receivedFile(file: FileFacts, answeredType: string): Received {
	if (file.head.length === 0) return EMPTY;
	const { content, named, said } = kindsOf(file);
	const expected = said ?? kindOfOtherText(file.recorded) ?? named;
	const standIn = standInOf(content, expected, answeredType);
	if (standIn) return STAND_INS[standIn];
	const agrees = content === said || (content === 'text' && (!said || said === 'csv'));
	if (content && isAccepted(content) && !agrees) return { type: typeOf(content) };
	return { type: file.recorded || undefined };
}

const RUN_AGAIN = 'Run it again in a few minutes. If that does not help, check';

const ON_THE_WAY = `${RUN_AGAIN} proxies and firewalls between your n8n and Candid.`;

const EMPTY: StandIn = {
	reason: 'the link to its file gave an empty file',
	advice: `${RUN_AGAIN} the attachment in Candid.`,
};

/** What servers answer in place of a file: a page to sign in, or the message of a service. */
const STAND_INS = {
	html: {
		reason: 'the link to its file led to a web page',
		advice: `It may be a sign-in or status page. ${ON_THE_WAY}`,
	},
	json: { reason: 'the link to its file led to JSON instead of the file', advice: ON_THE_WAY },
	xml: { reason: 'the link to its file led to XML instead of the file', advice: ON_THE_WAY },
} satisfies Partial<Record<Kind, StandIn>>;

type StandInKind = keyof typeof STAND_INS;

const isStandIn = (kind?: Kind): kind is StandInKind =>
	kind !== undefined && Object.hasOwn(STAND_INS, kind);

function standInOf(
	content: Kind | undefined,
	expected: Kind | undefined,
	answeredType: string,
): StandInKind | undefined {
	const answered = kindOfMarkup(answeredType);
	if (answered === 'html' && isTextual(content)) return 'html';
	// A short answer may be JSON or XML without looking like it.
	const kind = content === 'text' ? answered : content;
	if (!isStandIn(kind)) return undefined;
	// People store pages, JSON and XML as text.
	return expected === 'text' || expected === 'csv' || expected === kind ? undefined : kind;
}

/** Of types that Candid does not accept. */
const kindOfOtherText = (type: string): Kind | undefined =>
	/^\s*text\//i.test(type) ? 'text' : kindOfMarkup(type);

/** RFC 6839 has the suffixes, RFC 3236 XHTML. */
function kindOfMarkup(type: string): StandInKind | undefined {
	const essence = essenceOf(type);
	if (essence === 'text/html' || essence === 'application/xhtml+xml') return 'html';
	if (/^(application|text)\/(.+\+)?json$/.test(essence)) return 'json';
	if (/^(application|text)\/(.+\+)?xml$/.test(essence)) return 'xml';
	return undefined;
}
