import { isTextual } from '../upload/contentKind';
import { essenceOf, isAccepted, typeOf } from '../upload/fileKinds';
import type { Kind } from '../upload/fileKinds';
import { kindsOf } from '../upload/fileType';
import type { FileFacts } from '../upload/fileType';

/** The media type of the file that a link returned, if it is known; or why that cannot be the file. */
export type Received = { type?: string } | NotTheFile;

interface NotTheFile {
	/** completes '… was not downloaded: ' */
	reason: string;
	advice: string;
}

/**
 * Compares what a link returned with what Candid says of the file. Anything that can be the file is
 * accepted, even if Candid's type is wrong or Candid does not accept files of this kind: somebody has stored
 * it and wants it back.
 *
 * @param file the name and the type that Candid has for it, and its content
 * @param answeredType Content-Type of the answer; may be empty
 */
export function receivedFile(file: FileFacts, answeredType: string): Received {
	if (file.head.length === 0) return EMPTY;
	const { byName, byType, byContent } = kindsOf(file);
	const expected = byType ?? kindOfTextType(file.recorded) ?? byName;
	const page = pageInPlaceOfFile(byContent, expected, answeredType);
	if (page) return PAGES[page];
	const agrees = byContent === byType || (byContent === 'text' && (!byType || byType === 'csv'));
	if (byContent && isAccepted(byContent) && !agrees) return { type: typeOf(byContent) };
	return { type: file.recorded || undefined };
}

const RUN_AGAIN = 'Run it again in a few minutes. If that does not help, check';

const CHECK_NETWORK = `${RUN_AGAIN} proxies and firewalls between your n8n and Candid.`;

const EMPTY: NotTheFile = {
	reason: 'the link to its file returned an empty file',
	advice: `${RUN_AGAIN} the file in Candid.`,
};

/** What servers may return instead of a file: a sign-in page, or the message of a service. */
const PAGES = {
	html: {
		reason: 'the link to its file led to a web page',
		advice: `It may be a sign-in or status page. ${CHECK_NETWORK}`,
	},
	json: {
		reason: 'the link to its file led to JSON instead of the file',
		advice: CHECK_NETWORK,
	},
	xml: { reason: 'the link to its file led to XML instead of the file', advice: CHECK_NETWORK },
} satisfies Partial<Record<Kind, NotTheFile>>;

type PageKind = keyof typeof PAGES;

const isPage = (kind?: Kind): kind is PageKind => kind !== undefined && Object.hasOwn(PAGES, kind);

/** @returns undefined for what can be the file */
function pageInPlaceOfFile(
	content: Kind | undefined,
	expected: Kind | undefined,
	answeredType: string,
): PageKind | undefined {
	const answered = pageKindOfType(answeredType);
	if (answered === 'html' && isTextual(content)) return 'html';
	// The content of a short JSON or XML answer may not show what it is; its Content-Type does.
	const kind = content === 'text' ? answered : content;
	if (!isPage(kind)) return undefined;
	// Pages, JSON and XML may have been stored as text.
	return expected === 'text' || expected === 'csv' || expected === kind ? undefined : kind;
}

/** For types of text that Candid does not accept. */
const kindOfTextType = (type: string): Kind | undefined =>
	/^\s*text\//i.test(type) ? 'text' : pageKindOfType(type);

/** The suffixes are those of RFC 6839, the type of XHTML is that of RFC 3236. */
function pageKindOfType(type: string): PageKind | undefined {
	const essence = essenceOf(type);
	if (essence === 'text/html' || essence === 'application/xhtml+xml') return 'html';
	if (/^(application|text)\/(.+\+)?json$/.test(essence)) return 'json';
	if (/^(application|text)\/(.+\+)?xml$/.test(essence)) return 'xml';
	return undefined;
}
