export const LONE_SURROGATE = '\ud800';

export const EMOJI = '👩‍⚕️🩺';

const FAKE_HEADER = 'x\r\nX-Evil: 1\r\n\r\ny';

export const FAKE_PART =
	'\r\n------n8n-candid-health-0\r\nContent-Disposition: form-data; name="evil"\r\n\r\ny\r\n------n8n-candid-health-0--\r\n';

/** Texts that any free text field has to transmit unchanged. */
export const TEXTS: Array<[name: string, text: string]> = [
	['with a slash', 'a/b'],
	['with dots and slashes', '../../v1'],
	['of percent-encoded dots', '%2e%2e'],
	['with a percent-encoded slash', 'a%2Fb'],
	['with a query and a fragment', 'a?b=c#d'],
	['of emoji', EMOJI],
	['with NUL', 'a\0b'],
	['with control characters', 'a\u0001\u001b[31m\u007f\u0085b'],
	['with a fake header', FAKE_HEADER],
	['with a fake part', FAKE_PART],
	['with quotes', `"a" 'b' \\"c`],
	['with a template', '={{ $json.field }} ${x} {encounter_id}'],
	['of three dots', '...'],
	['with spaces around it', ' CC-1 '],
	['from right to left', '\u202efdp.CC'],
	['named __proto__', '__proto__'],
];

/** Whether an external ID that is typed, or comes from an expression, may be this text. */
export const mayBeExternalId = (text: string) => text === text.trim() && !/\p{Cc}/u.test(text);

export const EXTERNAL_ID_TEXTS = TEXTS.filter(([, text]) => mayBeExternalId(text));

export const LONG_TEXT = 'x'.repeat(10 * 1024);

/** File names, and the name that Candid must receive for each. */
export const FILE_NAMES: Array<[name: string, fileName: string, sentAs: string]> = [
	['with parent folders', '../../x.pdf', 'x.pdf'],
	['that is a Windows path', 'C:\\x\\y.pdf', 'y.pdf'],
	['that Windows reserves', 'CON', 'CON'],
	['with quotes', `a "b" 'c'.pdf`, `a "b" 'c'.pdf`],
	['with backslash and quote', 'a\\"b".pdf', '"b".pdf'],
	['with percent signs', '100%22%0d.pdf', '100%22%0d.pdf'],
	[
		'with a fake header and boundary',
		'a.pdf"\r\nContent-Type: text-html\r\n\r\n------n8n-candid-health-0--.pdf',
		'a.pdf" Content-Type: text-html ------n8n-candid-health-0--.pdf',
	],
	['with CR alone and LF alone', 'a\rb\nc.pdf', 'a b c.pdf'],
	['with NUL', 'a\0b.pdf', 'a b.pdf'],
	['with control characters', 'a\u0001\u001b\u0085b.pdf', 'a b.pdf'],
	['of 1,000 characters', `${'a'.repeat(996)}.pdf`, `${'a'.repeat(996)}.pdf`],
	['of 1,000 emoji', `${'🩺'.repeat(1000)}.pdf`, `${'🩺'.repeat(1000)}.pdf`],
	['with emoji after one letter', `a${'🩺'.repeat(100)}.pdf`, `a${'🩺'.repeat(100)}.pdf`],
	['of emoji', `${EMOJI}.pdf`, `${EMOJI}.pdf`],
	['from right to left', 'a\u202efdp.exe', 'a\u202efdp.exe'],
	['with half a surrogate pair', `a${LONE_SURROGATE}.pdf`, 'a\ufffd.pdf'],
	['with a dot at its end', 'a.pdf.', 'a.pdf.'],
	['with a space at its end', 'a.pdf ', 'a.pdf'],
	['with a semicolon and an equals sign', "a;filename*=UTF-8''b.pdf", "a;filename*=UTF-8''b.pdf"],
	['with another extension', 'a.exe', 'a.exe'],
	['of one space', ' ', 'data.pdf'],
	['of three dots', '...', 'data.pdf'],
	['of two dots and a slash', '../', 'data.pdf'],
	['of control characters', '\r\n\0', 'data.pdf'],
];
