import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { parse } from 'csv-parse/sync';
import type { ParsedMail } from 'mailparser';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { Browser, Page } from 'playwright-core';

import { startCandidApi, type CandidApi, type StoredAttachment } from '../../candid-api';
import * as file from '../../files/contents';
import { CORPUS, type CorpusFile } from '../../files/corpus';
import { localCredential } from '../localCredential';
import { OwnerSession, type SavedExecution } from '../ownerSession';
import { freePorts } from '../ports';
import { itemsOf, type CredentialToImport, type RealN8n } from '../realN8n';
import { startChromium } from '../services/chromium';
import { credential, imapCredential, smtpCredential, sshCredential } from '../services/credentials';
import { startImapServer, type ImapServer } from '../services/imapServer';
import { startSftpServer, type SftpServer } from '../services/sftpServer';
import { startSmtpReceiver, type SmtpReceiver } from '../services/smtpServer';
import { PREPARE_MS, prepareTestBed } from '../testBed';
import { until } from '../until';
import { assigned, patientSftp, setUp, type Changes } from './template';

const FOLDER = join(__dirname, '..', '.cache', 'templates');
const BACKFILL = join(FOLDER, 'backfill');
const SFTP = join(FOLDER, 'sftp');
const RECORDS = join(FOLDER, 'records');
/** Not 'localhost', because n8n 2.41.1 tries only its first address, and the servers do not listen on ::1. */
const HOST = '127.0.0.1';
/** ID of a second mail workflow, whose mail server starts late. */
const LATE = 'mail-that-is-late';
/** ID of a second 'records-request-to-claim', whose SFTP server does not answer. */
const WITHOUT_SFTP = 'records-without-sftp';
/** ID of a second 'charge-capture-ready', with a Candid that hides the files of charge captures. */
const HIDDEN = 'ready-with-hidden-files';

/** Age in minutes, in the future, so that the file stays younger than two minutes during the test. */
const STILL_ARRIVING = -60;
/** A report for review of 'records-request-to-claim'. */
const REPORT =
	/^Step: (?<step>.+)\nTask: [\w-]+\nEncounter: [\w-]+, external ID ?(?<id>.*)\n\n(?<line>.+)\n/;

/** Each test calls `until` several times, and each call may wait as long as its default. */
jest.setTimeout(30 * 60_000);

let api: CandidApi;
/** Lists the files of a charge capture only when its encounter exists. */
let hidingApi: CandidApi;
let n8n: RealN8n;
let owner: OwnerSession;
let imap: ImapServer;
let smtp: SmtpReceiver;
let sftp: SftpServer;
/** Port of the mail server of `LATE`; nothing listens there at first. */
let latePort: number;
const ids: Record<string, string> = {};

beforeAll(async () => {
	await rm(FOLDER, { recursive: true, force: true });
	await mkdir(BACKFILL, { recursive: true });
	[imap, smtp, sftp] = await Promise.all([
		startImapServer(join(FOLDER, 'imap')),
		startSmtpReceiver(),
		startSftpServer(join(FOLDER, 'sshd')),
	]);
	({ api, n8n } = await prepareTestBed('templates', {
		readableFolder: BACKFILL,
		env: { GENERIC_TIMEZONE: 'UTC' },
	}));
	const credentials = credentialsForAll();
	[latePort = 0] = await freePorts(0);
	const lateMail = {
		...imapCredential({ ...imap, port: latePort }),
		id: 'late-imap',
		name: 'Late IMAP',
	};
	hidingApi = await startCandidApi({ world: { chargeCaptureList: 'with an encounter' } });
	const hiding = { ...localCredential(hidingApi.url), id: 'hiding-api', name: 'Hiding Candid' };
	const unreachable = {
		...sshCredential('sftp', { ...sftp, port: latePort }),
		id: 'no-sftp',
		name: 'SFTP that is down',
	};
	await n8n.importCredentials(...credentials.slice(1), lateMail, hiding, unreachable);
	const workflows = Object.entries(CHANGES).map(([name, changes]) => {
		const workflow = setUp(name, credentials, changes);
		ids[name] = workflow.id;
		return workflow;
	});
	const late = { ...setUp('mail-to-charge-capture', [...credentials, lateMail]), id: LATE };
	const hidden = {
		...setUp('charge-capture-ready', [...credentials, hiding], CHANGES['charge-capture-ready']),
		id: HIDDEN,
	};
	const withoutSftp = {
		...setUp(
			'records-request-to-claim',
			[...credentials, unreachable],
			CHANGES['records-request-to-claim'],
		),
		id: WITHOUT_SFTP,
	};
	await n8n.importWorkflows(...workflows, late, hidden, withoutSftp);
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);
}, PREPARE_MS);

afterAll(async () => {
	await n8n?.stop();
	await Promise.all([imap?.stop(), smtp?.stop(), sftp?.stop(), api?.close(), hidingApi?.close()]);
});

beforeEach(() => api.reset());

/** The changes that the templates' notes ask for, and shorter schedules for the tests. */
const CHANGES: Record<string, Changes> = {
	'mail-to-charge-capture': {},
	'sftp-to-charge-capture': {
		'Every five minutes': everySeconds(2),
		...patientSftp('sftp-to-charge-capture'),
		Settings: assigned({
			drop_folder: join(SFTP, 'inbound'),
			done_folder: join(SFTP, 'done'),
			rejected_folder: join(SFTP, 'rejected'),
		}),
	},
	'form-to-encounter': {},
	'nightly-audit': { 'Every night at four': everySeconds(5) },
	'charge-capture-ready': { 'Every hour': everySeconds(5) },
	'records-request-to-claim': {
		'Candid Health Trigger': () => ({ pollTimes: { item: [{ mode: 'everyMinute' }] } }),
		...patientSftp('records-request-to-claim'),
		Download: (parameters) => ({
			...patientSftp('records-request-to-claim').Download?.(parameters),
			// As if this file were deleted between the list and the download.
			path: "={{ $json.path + ($json.name === 'lost.pdf' ? '.gone' : '') }}",
		}),
		Settings: assigned({ folder: `=${RECORDS}/{{ $json.external_id }}` }),
	},
	'bulk-backfill': { Settings: assigned({ folder: BACKFILL }) },
};

describe('mail-to-charge-capture', () => {
	const workflow = 'mail-to-charge-capture';
	const known = 'front.desk@example.com';
	const logo = {
		filename: 'image001.png',
		content: file.png(),
		cid: 'logo',
		contentDisposition: 'inline' as const,
	};
	const longName =
		'Résumé de facturation – visite du 3 mars, pages 1 à 12, signé par le médecin.pdf';

	afterEach(async () => await unpublishAndWait(workflow));

	test('stores clear cases, answers their senders, and mails the rest to the billing team for review', async () => {
		const before = await message({
			from: known,
			subject: 'Superbill for CC-2001',
			html: '<p>As agreed.</p><img src="cid:logo">',
			attachments: [
				pdf('superbill.pdf', 'application/octet-stream'),
				pdf(longName),
				logo,
				{ filename: 'ecg.png', content: file.png('not of the size of the logo') },
				{ filename: 'lab.csv', content: file.csv() },
			],
		});
		// RFC 2231: a long name is sent in several encoded parts.
		expect(before.toString()).toMatch(/filename\*0\*=/);
		await imap.deliver(before);
		await owner.publish(ids[workflow]!);

		const inner = await message({
			from: 'payer@example.net',
			subject: 'Your letter',
			attachments: [pdf('eob.pdf')],
		});
		const mails: SendMailOptions[] = [
			{ from: known, subject: 'Superbill', attachments: [pdf('no-id.pdf')] },
			{ from: known, subject: 'CC-2002 and CC-2003', attachments: [pdf('two-ids.pdf')] },
			{ from: 'x@example.net', subject: 'CC-2004', attachments: [pdf('stranger.pdf')] },
			{ from: known, subject: 'CC-2005, nothing attached', text: 'I forgot it.' },
			{
				from: known,
				subject: 'CC-2006 scans',
				attachments: [pdf('good.pdf'), { filename: 'scan.tiff', content: file.tiff() }],
			},
			// A mail that is forwarded inline, and one that is forwarded as an attachment.
			{
				from: known,
				subject: 'Fwd: CC-2007',
				text: 'See below.',
				attachments: [{ raw: rfc822(inner, 'inline') }],
			},
			{
				from: known,
				subject: 'Fwd: CC-2008',
				text: 'See the attached mail.',
				attachments: [{ raw: rfc822(inner, 'attachment; filename="letter.eml"') }],
			},
			// Apple Mail sends documents like this.
			{
				from: known,
				subject: 'CC-2009',
				attachments: [{ ...pdf('shown-inline.pdf'), contentDisposition: 'inline' }],
			},
			{
				from: known,
				subject: 'Out of office: CC-2010',
				text: 'I am away.',
				headers: { 'Auto-Submitted': 'auto-replied' },
			},
		];
		for (const mail of mails) await imap.deliver(await message(mail));
		await until('all are answered', () => smtp.mails.length >= 10);
		await until('all are marked as read', async () => (await imap.readMessages()) === 10);
		const runs = await finishedRuns(workflow);

		expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'success'));
		expect(held()).toEqual([
			['CC-2001', longName, 'application/pdf'],
			['CC-2001', 'ecg.png', 'image/png'],
			['CC-2001', 'lab.csv', 'text/csv'],
			['CC-2001', 'superbill.pdf', 'application/pdf'],
			['CC-2006', 'good.pdf', 'application/pdf'],
			['CC-2007', 'eob.pdf', 'application/pdf'],
			['CC-2009', 'shown-inline.pdf', 'application/pdf'],
		]);
		const to = (address: string) => smtp.mails.filter((mail) => recipient(mail) === address);
		const subjects = (mail: ParsedMail[]) => mail.map(({ subject }) => subject).sort();
		expect(subjects(to(known))).toEqual([
			'Stored: CC-2006 scans',
			'Stored: CC-2009',
			'Stored: Fwd: CC-2007',
			'Stored: Superbill for CC-2001',
		]);
		const first = to(known).find(({ subject }) => subject?.includes('CC-2001'))?.text ?? '';
		for (const { fileName, attachmentId } of stored('CC-2001')) {
			expect(first).toContain(`${fileName}: ${attachmentId}`);
		}
		expect(first).toContain('Left out, because they are pictures in the text: image001.png');
		expect(subjects(to('billing@example.com'))).toEqual([
			'Needs review: CC-2002 and CC-2003',
			'Needs review: CC-2004',
			'Needs review: CC-2005, nothing attached',
			'Needs review: Superbill',
			'Not stored: CC-2006 scans',
			'Not stored: Fwd: CC-2008',
		]);
		const reviewMail = (subject: string) =>
			to('billing@example.com').find((mail) => mail.subject?.endsWith(subject))?.text;
		expect(reviewMail('CC-2006 scans')).toMatch(
			/'scan\.tiff' \[item \d\] was not stored: it is a TIFF image, which fax services often send/,
		);
		expect(reviewMail(': Superbill')).toContain('- The subject has no charge capture ID.');
		expect(reviewMail('CC-2002 and CC-2003')).toContain(
			'more than one charge capture ID: CC-2002, CC-2003',
		);
		expect(reviewMail('CC-2004')).toContain('- The sender is not a known sender.');
		expect(reviewMail('nothing attached')).toContain('- The email has no file.');
	});
});

describe('a template whose mail server answers late', () => {
	test('is published even if the server answers only after n8n has stopped retrying its trigger', async () => {
		const relay = createServer((client) => {
			const server = connect(imap.port, HOST);
			pipeline(client, server, client).catch(() => {});
		});
		const published = owner.publish(LATE);
		try {
			await until('n8n gives up', async () => (await n8n.log()).includes('partially published'));
			await new Promise<void>((resolve) => relay.listen(latePort, HOST, resolve));
			await published;
		} finally {
			await published.catch(() => {});
			await owner.unpublish(LATE);
			relay.close();
		}
	});
});

describe('sftp-to-charge-capture', () => {
	const workflow = 'sftp-to-charge-capture';
	const inbound = join(SFTP, 'inbound');
	const complete = [
		'CC-3001 superbill.pdf',
		'CC-3001 lab results (1).csv',
		'CC-3002_Befund für {Ü}.pdf',
		'CC-3003-a.pdf',
	];

	beforeEach(async () => {
		await rm(SFTP, { recursive: true, force: true });
		await mkdir(inbound, { recursive: true });
	});

	afterEach(async () => await unpublishAndWait(workflow));

	test('stores complete files once and moves them, rejects unusable files, and ignores incomplete ones', async () => {
		for (const name of complete) await drop(name);
		await drop('CC-3004 scan.tiff', file.tiff());
		await drop('CC-3004 empty.pdf', Buffer.alloc(0));
		await drop('no id.pdf');
		await drop('.CC-3005 hidden.pdf');
		await mkdir(join(inbound, 'CC-3006 folder.pdf'));
		const whole = file.randomPdf(1000);
		await drop('CC-3007 arriving.pdf', whole.subarray(0, 500), STILL_ARRIVING);
		// Stored by a run that ended before it could move the file.
		const { attachmentId } = api.addAttachment({
			chargeCaptureExternalId: 'CC-3008',
			fileName: 'CC-3008 moved late.pdf',
		});
		await drop('CC-3008 moved late.pdf');
		const left = ['.CC-3005 hidden.pdf', 'CC-3006 folder.pdf', 'CC-3007 arriving.pdf'];

		await owner.publish(ids[workflow]!);
		await until('the others are moved', async () => (await names(inbound)).length === left.length);
		expect(await names(inbound)).toEqual(left);
		const rejected = ['CC-3004 empty.pdf', 'CC-3004 scan.tiff', 'no id.pdf'];
		await until('the reasons are written', async () => {
			const reasons = await Promise.all(rejected.map(reason));
			return reasons.every((text) => text !== '');
		});
		expect(await moved('done')).toEqual([...complete, 'CC-3008 moved late.pdf'].sort());
		expect(await moved('rejected')).toEqual(rejected.flatMap((name) => [name, `${name}.txt`]));
		expect(await reason('scan.tiff')).toContain(
			'was not stored: it is a TIFF image, which fax services often send',
		);
		expect(await reason('no id.pdf')).toContain('was not stored: ');
		expect(stored('CC-3008').map((entry) => entry.attachmentId)).toEqual([attachmentId]);
		expect(held()).toEqual([
			['CC-3001', 'CC-3001 lab results (1).csv', 'text/csv'],
			['CC-3001', 'CC-3001 superbill.pdf', 'application/pdf'],
			['CC-3002', 'CC-3002_Befund für {Ü}.pdf', 'application/pdf'],
			['CC-3003', 'CC-3003-a.pdf', 'application/pdf'],
			['CC-3008', 'CC-3008 moved late.pdf', 'application/pdf'],
		]);

		await drop('CC-3007 arriving.pdf', whole);
		await until('it is stored', () => stored('CC-3007').length === 1);
		expect(stored('CC-3007')[0]?.bytes.equals(whole)).toBe(true);
	});

	test('leaves files in the folder while Candid is down, and stores each file once when it is up again', async () => {
		// With 'Skip', the list of the charge capture is read first.
		api.inject({ kind: 'status', status: 503, path: /encounter-attachments/, times: 9999 });
		for (const name of complete) await drop(name);
		await firstRun(workflow);
		expect(await names(inbound)).toEqual([...complete].sort());
		expect(api.attachments).toEqual([]);

		api.clearFaults();
		await until('the folder is empty', async () => (await names(inbound)).length === 0);
		expect(held().map(([, name]) => name)).toEqual([...complete].sort());
		expect(await moved('done')).toEqual([...complete].sort());
	});

	test('ends with an error when a file cannot be moved, and moves the others', async () => {
		await writeFile(join(SFTP, 'rejected'), 'not a folder');
		await drop('CC-3009 good.pdf');
		await drop('no id.pdf');
		const run = await firstRun(workflow);
		expect(await names(inbound)).toEqual(['no id.pdf']);
		expect(run.status).toBe('error');
		expect(run.result.error?.message).toMatch(
			/^A file could not be downloaded or moved: .+No such file/,
		);
	});

	test('stores files of all accepted types, and rejects the others with the reason', async () => {
		const files = bySftp();
		for (const { fileName, bytes } of files) await drop(fileName, bytes);
		const { status } = await owner.finishedRun(
			await owner.startRun(ids[workflow]!, 'Every five minutes'),
		);

		expect(status).toBe('success');
		expect(await names(inbound)).toEqual([]);
		const accepted = files.flatMap(({ outcome, ...rest }) =>
			'storedAs' in outcome ? [{ ...rest, type: outcome.storedAs }] : [],
		);
		expect(held()).toEqual(
			accepted.map(({ chargeCapture, fileName, type }) => [chargeCapture, fileName, type]).sort(),
		);
		for (const { chargeCapture, bytes } of accepted) {
			expect(stored(chargeCapture)[0]?.bytes.equals(bytes)).toBe(true);
		}
		expect(await moved('done')).toEqual(accepted.map(({ fileName }) => fileName).sort());
		const refused = files.flatMap(({ outcome, ...rest }) =>
			'refused' in outcome ? [{ ...rest, why: outcome.refused }] : [],
		);
		expect(await moved('rejected')).toEqual(
			refused.flatMap(({ fileName }) => [fileName, `${fileName}.txt`]).sort(),
		);
		for (const { fileName, why } of refused) {
			expect(await reason(fileName)).toMatch(notStored(fileName, why));
		}
	});

	/**
	 * The files of the corpus, each under each of its names and with its own charge capture. n8n itself
	 * records the type, so this takes files from SFTP and files whose name has an extension.
	 */
	function bySftp() {
		const files = new Map<string, CorpusFile>();
		for (const each of CORPUS) {
			const { name, bytes, source } = each;
			if (source !== 'FTP' && !name?.includes('.')) continue;
			files.set(`${name} ${bytes.toString('hex')}`, each);
		}
		return [...files.values()].map((each, index) => {
			const chargeCapture = `CC-${4001 + index}`;
			return { ...each, chargeCapture, fileName: `${chargeCapture} ${each.name}` };
		});
	}

	/** @param ageMinutes since the last write to it */
	async function drop(name: string, content: Buffer = contentOf(name), ageMinutes = 10) {
		const path = join(inbound, name);
		await writeFile(path, content);
		const at = new Date(Date.now() - ageMinutes * 60_000);
		await utimes(path, at, at);
	}

	/** The file names in a folder, without the time at the beginning, which is added when they are moved. */
	async function moved(folder: string): Promise<string[]> {
		const all = await names(join(SFTP, folder));
		return all.map((name) => name.replace(/^\d{8}-\d{9} /, '')).sort();
	}

	async function reason(name: string): Promise<string> {
		const folder = join(SFTP, 'rejected');
		const file = (await names(folder)).find((entry) => entry.endsWith(`${name}.txt`));
		return file === undefined ? '' : await readFile(join(folder, file), 'utf8');
	}
});

describe('form-to-encounter', () => {
	const workflow = 'form-to-encounter';
	const user = { username: 'front-desk', password: 'local-form' };
	let browser: Browser;
	let page: Page;

	beforeAll(async () => {
		await owner.publish(ids[workflow]!);
		browser = await startChromium();
	});

	beforeEach(async () => {
		const context = await browser.newContext({ httpCredentials: user });
		page = await context.newPage();
		page.setDefaultTimeout(5 * 60_000);
		await page.goto(`${n8n.url}/form/candid-documents`);
	});

	afterEach(async () => await page?.context().close());

	afterAll(async () => {
		await browser?.close();
		await unpublishAndWait(workflow);
	});

	test('opens only with the user name and password', async () => {
		const answer = await fetch(`${n8n.url}/form/candid-documents`);
		expect([answer.status, await answer.text()]).toEqual([
			401,
			expect.not.stringContaining('form-'),
		]);
	});

	test('stores the files on the encounter and shows their references', async () => {
		await submit(' ENC-2001 ', 'EOB', ['letter from payer.pdf', 'lab.csv']);
		await page.getByText('Thank you').waitFor();
		expect(held()).toEqual([
			['e0000000-0000-4000-8000-000000002001', 'lab.csv', 'text/csv'],
			['e0000000-0000-4000-8000-000000002001', 'letter from payer.pdf', 'application/pdf'],
		]);
		const text = await page.locator('body').innerText();
		for (const { fileName, attachmentId, attachmentType } of api.attachments) {
			expect(attachmentType).toBe('EOB');
			expect(text).toContain(`${fileName}, reference ${attachmentId}`);
		}
	});

	test('shows which file was stored and which was not', async () => {
		await submit('ENC-2002', 'Documentation', ['good.pdf', 'too large.pdf']);
		await page.getByText('Some files were not stored').waitFor();
		const text = await page.locator('body').innerText();
		expect(held().map(([, name]) => name)).toEqual(['good.pdf']);
		expect(text).toContain(`good.pdf, reference ${api.attachments[0]?.attachmentId}`);
		expect(text).toMatch(/'too large\.pdf' \[item 0\] was not stored: /);
	});

	test('stores files of all accepted types, and shows the reason for each other file', async () => {
		const files = byBrowser();
		await submitFiles('ENC-2001', 'Other', files);
		await page.getByText('Some files were not stored').waitFor();

		const text = await page.locator('body').innerText();
		const resultLines = text.split('\n').filter((line) => /^[✔✘] /.test(line));
		expect(resultLines).toHaveLength(files.length);
		for (const { name, outcome } of files) {
			// n8n does not keep the order of the files in a request.
			const line = resultLines.find((each) => each.includes(name));
			if ('storedAs' in outcome) expect(line).toBe(`✔ ${name}, reference ${idOf(name)}`);
			else expect(line).toMatch(notStored(name, outcome.refused, '✘ '));
		}
		expect(held()).toEqual(
			files
				.flatMap(({ name, outcome }) =>
					'storedAs' in outcome
						? [['e0000000-0000-4000-8000-000000002001', name, outcome.storedAs]]
						: [],
				)
				.sort(),
		);
	});

	test.each([
		['Candid does not know', 'ENC-9999', []],
		['two encounters have', 'ENC-TWICE', ['ENC-TWICE', 'ENC-TWICE']],
	])('stores nothing for an external ID that %s', async (_, externalId, encounters) => {
		for (const each of encounters) api.addEncounter({ externalId: each });
		await submit(externalId, 'Other', ['letter.pdf']);
		await page.getByText('Nothing was stored').waitFor();
		expect(await page.locator('body').innerText()).toContain(`the external ID ${externalId}.`);
		expect(api.attachments).toEqual([]);
	});

	test('stores nothing and says so when the encounter cannot be looked up', async () => {
		api.inject({ kind: 'status', status: 503, path: /encounters\/v4/, times: 99 });
		await submit('ENC-2001', 'Other', ['letter.pdf']);
		await page.getByText('Nothing was stored').waitFor();
		expect(await page.locator('body').innerText()).toContain('could not be looked up in Candid');
		expect(api.attachments).toEqual([]);
	});

	/** Browsers take the type from the file extension, as n8n does for files on disk. */
	const byBrowser = () =>
		CORPUS.filter(({ name, source }) => name && (source === 'browser' || source === 'disk')).map(
			({ name, recorded = '', bytes, outcome }, index) => ({
				name: `file ${index} ${name}`,
				mimeType: recorded,
				buffer: bytes,
				outcome,
			}),
		);

	const idOf = (fileName: string) =>
		api.attachments.find((entry) => entry.fileName === fileName)?.attachmentId;

	async function submit(externalId: string, type: string, fileNames: string[]): Promise<void> {
		const contentOfSize = (name: string) =>
			name === 'too large.pdf' ? file.randomPdf(26_300_000) : contentOf(name);
		await submitFiles(
			externalId,
			type,
			fileNames.map((name) => ({ name, mimeType: '', buffer: contentOfSize(name) })),
		);
	}

	async function submitFiles(externalId: string, type: string, files: FileInForm[]) {
		await page.getByLabel('External ID of the encounter').fill(externalId);
		await page.getByLabel('Type of document').selectOption(type);
		// The field's 'accept' attribute only filters the file chooser.
		await page.locator('input[type=file]').setInputFiles(files);
		await page.getByRole('button', { name: 'Store' }).click();
	}
});

describe('nightly-audit', () => {
	const workflow = 'nightly-audit';
	const daysAgo = (days: number) => {
		const day = new Date(Date.now() - days * 24 * 3_600_000);
		return day.toISOString().slice(0, 10);
	};
	const HELD = 'b5000000-0000-4000-8000-000000005007';
	const captures = [
		['CC-5001', 'planned', 1],
		['CC-5002', 'billable', 1],
		['CC-5003', 'planned', 7],
		['CC-5004', 'aborted', 1],
		['CC-5005', 'planned', 2],
		['CC-5006', 'planned', 0],
		['CC-5007', 'billable', 3, HELD],
		['CC-5008', 'planned', 8],
	] as const;

	beforeAll(() => {
		for (const [chargeExternalId, status, days, claimCreationId] of captures) {
			const dateOfService = daysAgo(days);
			api.addChargeCapture({ chargeExternalId, status, dateOfService, claimCreationId });
		}
	});

	afterEach(async () => await unpublishAndWait(workflow));

	test('mails a list of what needs a look, or that there is nothing', async () => {
		attach('CC-5001', 'scan.pdf');
		attach('CC-5002', 'scan.pdf', 'EOB');
		const copies = [attach('CC-5005', 'scan.pdf'), attach('CC-5005', 'scan.pdf')];
		attach('CC-5005', 'scan.pdf', 'EOB');
		attach('CC-5005', 'other.pdf');
		attach('CC-5007', 'scan.pdf');
		const errors = [
			{ message: 'No NPI.' },
			{ message: 'No payer.' },
			{ message: 'No NPI.' },
			{ message: 'No address.', resolved: true },
		];
		api.addClaimCreation({ id: HELD, status: 'in-error', errors });

		await owner.publish(ids[workflow]!);
		const mail = await nextMail('to look at');
		const days = `${daysAgo(7)} to ${daysAgo(1)}`;
		expect(mail.subject).toBe(`Nightly audit: 4 to look at, ${days}`);
		expect(mail.text).toContain(`Of 6 charge captures with a date of service from ${days}`);
		expect(mail.text).toContain('Without documentation: 2\n');
		expect(mail.text).toContain('The same document twice: 1\n');
		expect(mail.text).toContain('No encounter: 1');
		expect(mail.attachments.map(({ filename }) => filename)).toEqual([`audit-${daysAgo(1)}.csv`]);
		const rows = parse(mail.attachments[0]?.content ?? '', { bom: true }) as string[][];
		expect(rows.sort()).toEqual([
			['No encounter', 'CC-5007', daysAgo(3), 'billable', 'No NPI. No payer.'],
			[
				'The same document twice',
				'CC-5005',
				daysAgo(2),
				'planned',
				`scan.pdf: ${copies.map(({ attachmentId }) => attachmentId).join(', ')}`,
			],
			['Without documentation', 'CC-5002', daysAgo(1), 'billable', ''],
			['Without documentation', 'CC-5003', daysAgo(7), 'planned', ''],
			['finding', 'charge_external_id', 'date_of_service', 'status', 'details'],
		]);

		api.addClaimCreation({ id: HELD, status: 'successful' });
		await api.settled();
		api.reset();
		for (const [chargeCaptureExternalId] of captures) attach(chargeCaptureExternalId, 'scan.pdf');
		const nothing = await nextMail('nothing found');
		expect(nothing.subject).toBe(`Nightly audit: nothing found, ${days}`);
		expect(nothing.attachments).toEqual([]);
	});

	test.each([
		['attachments', 503, /by-charge-capture-external-id\/CC-5003/],
		// The node does not repeat a request that a firewall has refused, so this does not wait.
		['a claim creation', 403, /charge_capture_claim_creation/],
	])('fails without sending a report when %s cannot be read', async (_, status, path) => {
		api.inject({ kind: 'status', status, path, times: 9999 });
		const mails = smtp.mails.length;
		const run = await firstRun(workflow);
		expect([run.status, smtp.mails.length]).toEqual(['error', mails]);
	});

	const attach = (chargeCaptureExternalId: string, fileName: string, attachmentType?: string) =>
		api.addAttachment({ chargeCaptureExternalId, fileName, attachmentType });

	async function nextMail(words: string): Promise<ParsedMail> {
		const seen = smtp.mails.length;
		const since = () => smtp.mails.slice(seen).find(({ subject }) => subject?.includes(words));
		await until(`a mail '${words}' comes`, () => since() !== undefined);
		return since()!;
	}
});

describe('charge-capture-ready', () => {
	const workflow = 'charge-capture-ready';
	const today = new Date().toISOString().slice(0, 10);
	const documents: Record<string, string[]> = {
		'CC-6001': ['Superbill.pdf', 'consent form.pdf'],
		'CC-6002': ['superbill.pdf'],
		'CC-6003': ['superbill and consent.pdf'],
		'CC-6004': ['superbill and consent.pdf', 'superbill.pdf'],
		'CC-6005': [],
		'CC-6006': ['superbill.pdf', 'consent.pdf'],
		'CC-6007': ['consent.pdf', 'superbill.pdf'],
	};
	const planned = Object.keys(documents);

	beforeAll(() => {
		for (const candid of [api, hidingApi]) {
			for (const chargeExternalId of planned) {
				candid.addChargeCapture({ chargeExternalId, status: 'planned', dateOfService: today });
			}
		}
	});

	beforeEach(() => {
		for (const candid of [api, hidingApi]) {
			for (const chargeCaptureExternalId of planned) {
				for (const fileName of documents[chargeCaptureExternalId]!) {
					candid.addAttachment({ chargeCaptureExternalId, fileName });
				}
			}
		}
		const ofAnotherType = { fileName: 'consent.pdf', attachmentType: 'OTHER' };
		api.addAttachment({ chargeCaptureExternalId: 'CC-6002', ...ofAnotherType });
	});

	afterEach(async () => await unpublishAndWait(workflow));

	test('makes those billable that have all documents, and reports what does not work', async () => {
		const { id } = chargeCapture('CC-6007');
		const path = `/api/charge_captures/v1/${id}`;
		api.inject({ kind: 'status', status: 422, method: 'PATCH', path, times: 9999 });
		api.inject({ kind: 'status', status: 403, path: /external-id\/CC-6006/, times: 9999 });
		const seen = smtp.mails.length;
		const run = await firstRun(workflow);
		expect(run.status).toBe('success');
		expect(billable()).toEqual(['CC-6001', 'CC-6004']);
		const mails = smtp.mails.slice(seen, seen + 2);
		expect(mails.map(({ subject }) => subject).sort()).toEqual([
			'Charge captures not checked or not updated: Make it billable',
			'Charge captures not checked or not updated: Their attachments',
		]);
		const textOf = (step: string) => mails.find(({ subject }) => subject?.endsWith(step))?.text;
		expect(textOf('Make it billable')).toMatch(/^CC-6007: The charge capture \[item \d\] was not/m);
		expect(textOf('Their attachments')).toMatch(/^CC-6006: ./m);

		api.clearFaults();
		await until('the others are billable', () => billable().length === 4);
		const finishedRunsNow = async () => (await owner.executions(ids[workflow]!)).finished;
		const before = await finishedRunsNow();
		await until('two more runs', async () => (await finishedRunsNow()) >= before + 2);
		await unpublishAndWait(workflow);
		expect(billable()).toEqual(['CC-6001', 'CC-6004', 'CC-6006', 'CC-6007']);
		const accepted = updates(api).filter(({ status }) => status === 200);
		expect(accepted.map(({ body }) => body)).toEqual(
			billable().map(() => ({ status: 'billable' })),
		);
	});

	test('leaves a charge capture as it is if someone has changed its status since', async () => {
		const list = /external-id\/CC-6001/;
		api.inject({ kind: 'delay', delayMs: 5000, path: list });
		const run = await owner.startRun(ids[workflow]!, 'Every hour');
		await until('its files are read', () => api.requests.some(({ path }) => list.test(path)));
		const url = `${api.url}/api/charge_captures/v1/${chargeCapture('CC-6001').id}`;
		const answer = await fetch(url, {
			method: 'PATCH',
			headers: {
				authorization: `Bearer ${api.issueToken()}`,
				'content-type': 'application/json',
			},
			body: JSON.stringify({ status: 'aborted' }),
		});
		expect(answer.status).toBe(200);
		expect((await owner.finishedRun(run)).status).toBe('success');
		expect(chargeCapture('CC-6001').status).toBe('aborted');
		expect(billable()).toEqual(['CC-6004', 'CC-6006', 'CC-6007']);
	});

	test('makes nothing billable if Candid hides the files', async () => {
		const seen = smtp.mails.length;
		const run = await owner.finishedRun(await owner.startRun(HIDDEN, 'Every hour'));
		expect(run.status).toBe('success');
		expect(itemsOf(run.result, 'Planned charge captures')).toHaveLength(planned.length);
		expect(updates(hidingApi)).toEqual([]);
		expect(smtp.mails).toHaveLength(seen);
	});

	const chargeCapture = (externalId: string) =>
		api.chargeCaptures.find(({ chargeExternalId }) => chargeExternalId === externalId)!;

	const billable = () => planned.filter((id) => chargeCapture(id).status === 'billable');

	const updates = ({ requests }: CandidApi) => requests.filter(({ method }) => method === 'PATCH');
});

describe('records-request-to-claim', () => {
	const workflow = 'records-request-to-claim';
	const claims = '/api/encounter-supplemental-information/v1';

	beforeEach(async () => {
		await rm(RECORDS, { recursive: true, force: true });
		await mkdir(RECORDS, { recursive: true });
	});

	afterEach(async () => {
		await unpublishAndWait(workflow);
		await owner.unpublish(WITHOUT_SFTP);
	});

	test('finishes a task when all its files are sent with the claim, and reports every other task', async () => {
		const done = ['ENC-7001', 'ENC-7002', 'ENC-7012'];
		for (const folder of [...done, 'ENC-7006', 'ENC-7007', 'ENC-7009', 'ENC-7011', 'ENC-7013']) {
			await put(folder, 'records.pdf');
		}
		await put('ENC-7001', 'lab results.csv');
		await put('ENC-7004', '.hidden.pdf');
		await put('ENC-7004/folder', 'records.pdf');
		await put('ENC-7005', 'good.pdf');
		await put('ENC-7005', 'scan.tiff');
		await put('ENC-7009', 'arriving.pdf', STILL_ARRIVING);
		await put('ENC-7014', 'kept.pdf');
		await put('ENC-7014', 'lost.pdf');
		await put('.', 'of nobody.pdf');
		await owner.publish(ids[workflow]!);

		const tasks = new Map(
			['01', '02', '03', '04', '05', '06', '07', '09', '11', '12', '13', '14']
				.map((number) => `ENC-70${number}`)
				.concat('../records', '')
				.map((externalId) => [externalId, request(externalId)]),
		);
		const task = (externalId: string) => tasks.get(externalId)!;
		const { encounterId } = task('ENC-7012');
		api.addTask({ encounterId, category: 'documentation_addendum_request' });
		api.updateTask(task('ENC-7011').taskId, { status: 'waiting_for_review' });
		api.updateTask(task('ENC-7013').taskId, { category: 'other' });
		refuse('PUT', `${claims}/${task('ENC-7006').encounterId}`);
		refuse('PATCH', `/api/tasks/v3/${task('ENC-7007').taskId}`);
		expect(await nextReports(10)).toEqual([
			['', 'Any files?', "The external ID '' cannot be the name of a folder."],
			['../records', 'Any files?', "The external ID '../records' cannot be the name of a folder."],
			['ENC-7003', 'Any files?', matching(/^The folder .+ENC-7003 could not be read: /)],
			['ENC-7004', 'Any files?', matching(/^There is no file in the folder .+ENC-7004\.$/)],
			['ENC-7005', 'Upload', matching(/^'scan\.tiff' \[item \d+\] was not stored: /)],
			['ENC-7006', 'Send with Claim', matching(/ was not saved: /)],
			['ENC-7007', 'Finish the task', matching(/ was not updated: /)],
			['ENC-7009', 'Any files?', matching(/^arriving\.pdf has changed in the last two minutes/)],
			['ENC-7012', 'Any files?', matching(/^Task [\w-]+ has the same folder\./)],
			['ENC-7014', 'Downloaded?', matching(/^lost\.pdf could not be downloaded: .*No such file/)],
		]);
		expect(finished()).toEqual(done);
		const both = ['ENC-7001 lab results.csv', 'ENC-7001 records.pdf'];
		const alone = ['ENC-7002 records.pdf', 'ENC-7005 good.pdf'];
		const rest = ['ENC-7007 records.pdf', 'ENC-7012 records.pdf', 'ENC-7014 kept.pdf'];
		expect(onEncounters()).toEqual([...both, ...alone, 'ENC-7006 records.pdf', ...rest].sort());
		expect(withClaims()).toEqual([...both, ...alone, ...rest]);
		expect(notes()).toEqual([
			['ENC-7001', note('ENC-7001', 'lab results.csv, records.pdf')],
			['ENC-7002', note('ENC-7002', 'records.pdf')],
			['ENC-7012', note('ENC-7012', 'records.pdf')],
		]);

		// The tasks that were finished start the workflow again, and so do those that a person changes.
		api.clearFaults();
		refuse('POST', '/api/billing_notes/v2');
		await rm(join(RECORDS, 'ENC-7005', 'scan.tiff'));
		await put('ENC-7005', 'scan.pdf');
		for (const externalId of ['ENC-7001', 'ENC-7005', 'ENC-7006']) {
			api.updateTask(task(externalId).taskId, { status: 'in_progress' });
		}
		expect(await nextReports(3)).toEqual([
			[
				'ENC-7001',
				'Anything new?',
				matching(/ with the claim already: lab results\.csv, records\.pdf$/),
			],
			['ENC-7005', 'Billing note', matching(/ was not created: /)],
			['ENC-7006', 'Billing note', matching(/ was not created: /)],
		]);
		expect(finished()).toEqual(['ENC-7002', 'ENC-7005', 'ENC-7006', 'ENC-7012']);
		const later = ['ENC-7005 scan.pdf', 'ENC-7006 records.pdf'];
		expect(withClaims()).toEqual([...both, ...alone, ...later, ...rest].sort());
		expect(onEncounters()).toEqual(withClaims());
		expect(notes()).toHaveLength(3);
		const runs = await finishedRuns(workflow);
		expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'success'));

		function note(externalId: string, files: string) {
			const { taskId } = task(externalId);
			return `Sent with the next submission of the claim, for task ${taskId}: ${files}`;
		}

		async function nextReports(count: number) {
			const seen = smtp.mails.length;
			await until('the reports come', () => smtp.mails.length >= seen + count);
			await finishedRuns(workflow);
			return smtp.mails.slice(seen).map(reportIn).sort();
		}
	});

	test('reports all tasks and finishes none while the SFTP server does not answer', async () => {
		const seen = smtp.mails.length;
		await owner.publish(WITHOUT_SFTP);
		const externalIds = ['ENC-7021', 'ENC-7022'];
		externalIds.forEach((externalId) => request(externalId));
		await until('the reports come', () => smtp.mails.length >= seen + 2);
		expect(smtp.mails.slice(seen).map(reportIn).sort()).toEqual(
			externalIds.map((externalId) => [
				externalId,
				'Any files?',
				matching(/ could not be read: .*ECONNREFUSED/),
			]),
		);
		expect(finished()).toEqual([]);
	});

	/** A new encounter, and a task that asks for its records. */
	function request(externalId: string) {
		const { encounterId } = api.addEncounter({ externalId });
		return api.addTask({ encounterId, category: 'medical_records_request' });
	}

	function refuse(method: string, path: string) {
		const body = { errorName: 'UnprocessableEntityError', content: { message: 'Not now' } };
		api.inject({ kind: 'status', status: 422, body, method, path, times: 9999 });
	}

	/** A file whose content is different from that of all others, in a folder on the SFTP server. */
	async function put(folder: string, name: string, ageMinutes = 10) {
		await mkdir(join(RECORDS, folder), { recursive: true });
		const path = join(RECORDS, folder, name);
		await writeFile(path, contentOf(`${folder} ${name}`));
		const at = new Date(Date.now() - ageMinutes * 60_000);
		await utimes(path, at, at);
	}

	const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

	const externalIdOf = (encounterId?: string) =>
		api.tasks.find((task) => task.encounterId === encounterId)?.externalId;

	const finished = () =>
		api.tasks
			.filter(({ status, externalId }) => status === 'finished' && externalId.startsWith('ENC-70'))
			.map(({ externalId }) => externalId)
			.sort();

	/** Encounter and name of each attachment; its content is checked to be that of this encounter. */
	const onEncounters = () => api.attachments.map(placeOf).sort();

	/** The same for each entry of a claim. */
	const withClaims = () =>
		api.supplementalInformation
			.map(({ encounterId, attachmentId, ...entry }) => {
				expect(entry).toMatchObject({
					reportTypeCode: 'M1',
					transmissionCode: 'EL',
					inclusion: 'included_on_next_submission',
				});
				const attachment = api.attachments.find((each) => each.attachmentId === attachmentId)!;
				expect(attachment.encounterId).toBe(encounterId);
				return placeOf(attachment);
			})
			.sort();

	function placeOf({ encounterId, fileName, bytes }: StoredAttachment): string {
		const place = `${externalIdOf(encounterId)} ${fileName}`;
		expect(bytes.equals(contentOf(place))).toBe(true);
		return place;
	}

	const notes = () =>
		api.billingNotes.map(({ encounterId, text }) => [externalIdOf(encounterId), text]).sort();

	/** External ID, step, and the first line about what did not work. */
	function reportIn({ subject, text = '' }: ParsedMail): string[] {
		const [, externalId = ''] =
			/^Needs review: records request for ?(.*)$/.exec(subject ?? '') ?? [];
		const { step = '', id, line = '' } = REPORT.exec(text)?.groups ?? {};
		expect(id).toBe(externalId);
		return [externalId, step, line];
	}
});

describe('bulk-backfill', () => {
	const workflow = 'bulk-backfill';
	const ROWS = 1000;
	const nameOf = (row: number) =>
		row % 100 === 0 ? `page {${row}} [1] what?*.pdf` : `page ${row}.pdf`;
	const idOf = (row: number) => `00${Math.floor(row / 4)}`;
	const rows = Array.from({ length: ROWS }, (_, row) => [nameOf(row), idOf(row), '']);
	const odd = [
		['scan.tiff', '00-odd', ''],
		['not there.pdf', '00-odd', ''],
		['page 1.pdf', '', ''],
		['letter.pdf', '00-odd', 'EOB'],
		// Read as a pattern, this name would also match the one above.
		['letter*.pdf', '00-odd', ''],
	];

	test('completes a list of files after n8n is killed, and reports on each row', async () => {
		for (const [name] of [...rows, ...odd]) {
			if (name !== 'not there.pdf') await writeFile(join(BACKFILL, name!), contentOf(name!));
		}
		const list = [['file_name', 'external_id', 'attachment_type'], ...odd, ...rows];
		const quoted = list.map((row) => row.map((cell) => `"${cell}"`).join(','));
		await writeFile(join(BACKFILL, 'files.csv'), `${quoted.join('\n')}\n`);

		await owner.startRun(ids[workflow]!, 'Run by hand');
		await until('300 are stored', () => api.attachments.length >= 300);
		await n8n.kill();
		await n8n.start();
		// After the restart, because requests from before the kill may still be arriving.
		await api.settled();
		const storedBefore = api.attachments.length;
		expect(storedBefore).toBeLessThan(ROWS);
		owner = await OwnerSession.open(n8n.url);
		const again = await owner.finishedRun(await owner.startRun(ids[workflow]!, 'Run by hand'));

		expect(again.status).toBe('success');
		expect(api.attachments).toHaveLength(ROWS + 2);
		const idByFile = new Map(
			api.attachments.map((entry) => [
				`${entry.chargeCaptureExternalId}/${entry.fileName}`,
				entry.attachmentId,
			]),
		);
		expect(api.attachments.filter(({ attachmentType }) => attachmentType === 'EOB')).toMatchObject([
			{ fileName: 'letter.pdf', bytes: contentOf('letter.pdf') },
		]);
		const report = await reportRows();
		expect(report).toHaveLength(ROWS + odd.length);
		const byResult = (result: string) => report.filter((row) => row.result === result);
		expect(byResult('already attached')).toHaveLength(storedBefore);
		expect(byResult('stored')).toHaveLength(ROWS + 2 - storedBefore);
		for (const row of report.filter(({ result }) => result !== 'not stored')) {
			expect(row.attachment_id).toBe(idByFile.get(`${row.external_id}/${row.file_name}`));
		}
		expect(byResult('not stored').map((row) => [row.file_name, row.try_again, row.reason])).toEqual(
			[
				['scan.tiff', 'false', expect.stringMatching(notStored('scan.tiff', 'it is a TIFF image'))],
				['not there.pdf', 'false', 'No file(s) found'],
				[
					'page 1.pdf',
					'false',
					expect.stringMatching(/^'page 1\.pdf' \[item 2\] was not stored: /),
				],
			],
		);
	});

	async function reportRows(): Promise<Array<Record<string, string>>> {
		const [file] = (await names(BACKFILL)).filter((name) => name.startsWith('report-'));
		const text = await readFile(join(BACKFILL, file ?? ''));
		return parse(text, { columns: true, bom: true });
	}
});

interface FileInForm {
	name: string;
	/** as sent by the browser */
	mimeType: string;
	buffer: Buffer;
}

/** Changes the interval of a 'Schedule' trigger. */
function everySeconds(secondsInterval: number) {
	return () => ({ rule: { interval: [{ field: 'seconds', secondsInterval }] } });
}

/** The first one is for the local API; the test bed has imported it already. */
function credentialsForAll(): CredentialToImport[] {
	return [
		localCredential(api.url),
		imapCredential(imap),
		smtpCredential(smtp),
		sshCredential('sftp', sftp),
		credential('httpBasicAuth', { user: 'front-desk', password: 'local-form' }),
	];
}

/** Unpublishes a workflow and waits for its runs, so that none of them affects the next test. */
async function unpublishAndWait(workflow: string): Promise<void> {
	await owner.unpublish(ids[workflow]!);
	await finishedRuns(workflow);
}

/** Publishes a workflow that has a schedule, and waits until its first run after that has finished. */
async function firstRun(workflow: string): Promise<SavedExecution> {
	const id = ids[workflow]!;
	const known = new Set(await owner.runsOf(id));
	await owner.publish(id);
	let first: string | undefined;
	await until('a run has begun', async () => {
		first = (await owner.runsOf(id)).filter((run) => !known.has(run)).pop();
		return first !== undefined;
	});
	return await owner.finishedRun(first!);
}

/** Waits for all runs of a workflow and returns them. */
async function finishedRuns(workflow: string): Promise<SavedExecution[]> {
	const all = await owner.runsOf(ids[workflow]!);
	return await Promise.all(all.map(async (id) => await owner.finishedRun(id)));
}

const names = async (folder: string) => (await readdir(folder).catch(() => [])).sort();

const stored = (chargeCapture: string): StoredAttachment[] =>
	api.attachments.filter(({ chargeCaptureExternalId: id }) => id === chargeCapture);

/** Parent, name and type of every stored attachment. */
const held = () =>
	api.attachments
		.map(({ chargeCaptureExternalId, encounterId, fileName, contentType }) => [
			chargeCaptureExternalId ?? encounterId,
			fileName,
			contentType,
		])
		.sort();

/** Content of the type that the name's extension says, different for each name. */
function contentOf(name: string): Buffer {
	if (name.endsWith('.csv')) return Buffer.from(`name\n${name}\n`);
	return name.endsWith('.tiff') ? file.tiff() : file.pdf(name);
}

/** Matches the beginning of the message about a file that was not stored. */
const notStored = (fileName: string, why: string, before = '') =>
	new RegExp(
		`^${before}${escaped(`'${fileName}' [item `)}\\d+${escaped(`] was not stored: ${why}`)}`,
	);

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const pdf = (filename: string, contentType = 'application/pdf') => ({
	filename,
	contentType,
	content: contentOf(filename),
});

async function message(mail: SendMailOptions): Promise<Buffer> {
	const transport = createTransport({ streamTransport: true, buffer: true });
	const { message: raw } = await transport.sendMail({ to: imap.user, ...mail });
	return raw as Buffer;
}

const rfc822 = (inner: Buffer, disposition: string) =>
	Buffer.concat([
		Buffer.from(`Content-Type: message/rfc822\r\nContent-Disposition: ${disposition}\r\n\r\n`),
		inner,
	]);

function recipient({ to }: ParsedMail): string | undefined {
	return (Array.isArray(to) ? to[0] : to)?.value[0]?.address;
}
