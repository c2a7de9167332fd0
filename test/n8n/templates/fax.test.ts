import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import type { CandidApi } from '../../candid-api';
import * as file from '../../files/contents';
import { localCredential } from '../localCredential';
import { OwnerSession, type SavedExecution } from '../ownerSession';
import { freePorts } from '../ports';
import type { CredentialToImport, RealN8n } from '../realN8n';
import { debianProgram } from '../services/debianProgram';
import { startSftpServer, startSshServer, type SftpServer } from '../services/sftpServer';
import { PREPARE_MS, prepareTestBed } from '../testBed';
import {
	colorPage,
	faxPage,
	heic,
	pagesOf,
	tiff,
	turnedHeic,
	visible,
	type Page,
} from './faxFiles';
import { assigned, patientSftp, setUp, type Changes } from './template';

const TEMPLATE = 'fax-to-charge-capture';
const FOLDER = join(__dirname, '..', '.cache', 'fax');
const FAXES = join(FOLDER, 'faxes');
const INBOUND = join(FAXES, 'inbound');
const HOST = '127.0.0.1';
/** Where the template's work folders are. */
const WORK = '/tmp';

/** Names that would run `touch pwned` if they were part of a command. */
const COMMANDS = [
	"x'; cd ..; touch pwned; '.tif",
	'$(cd ..; touch pwned).tif',
	'`cd ..; touch pwned`".tif',
];

/** Copies of the template whose conversion server is not as it should be, or that lose the PDF. */
const VARIANTS = [
	'no server',
	'a program is missing',
	'a page is lost',
	'the PDF is lost',
] as const;
type Variant = (typeof VARIANTS)[number];

jest.setTimeout(30 * 60_000);

let api: CandidApi;
let n8n: RealN8n;
let owner: OwnerSession;
const servers: SftpServer[] = [];
const ids: Record<string, string> = {};

beforeAll(async () => {
	await rm(FOLDER, { recursive: true, force: true });
	await mkdir(FOLDER, { recursive: true });
	const sftp = await server(startSftpServer(join(FOLDER, 'sftp')));
	const programs = process.env.PATH ?? '';
	const ssh = await server(startSshServer(join(FOLDER, 'ssh'), programs));
	const [nothing = 0] = await freePorts(0);
	const losing = `${await losesPages()}:${programs}`;
	const machines: Record<Variant, SftpServer> = {
		'no server': { ...ssh, port: nothing },
		'a program is missing': await server(startSshServer(join(FOLDER, 'bare'), FOLDER)),
		'a page is lost': await server(startSshServer(join(FOLDER, 'losing'), losing)),
		'the PDF is lost': ssh,
	};
	({ api, n8n } = await prepareTestBed('fax', { readableFolder: FAXES }));
	const credentials = [
		localCredential(api.url),
		credential('sftp', sftp),
		credential('sshPrivateKey', ssh),
	];
	const usual = setUp(TEMPLATE, credentials, changes());
	ids.usual = usual.id;
	const copies = VARIANTS.map((variant) => {
		const id = variant.replaceAll(' ', '-');
		ids[variant] = id;
		const machine = { ...credential('sshPrivateKey', machines[variant]), id };
		const workflow = setUp(TEMPLATE, [...credentials, machine], changes(variant));
		return { machine, workflow: { ...workflow, id } };
	});
	await n8n.importCredentials(...credentials.slice(1), ...copies.map(({ machine }) => machine));
	await n8n.importWorkflows(usual, ...copies.map(({ workflow }) => workflow));
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);
}, PREPARE_MS);

afterAll(async () => {
	await n8n?.stop();
	await Promise.all(servers.map(async (each) => await each.stop()));
	await api?.close();
});

beforeEach(async () => {
	api.reset();
	await rm(FAXES, { recursive: true, force: true });
	await mkdir(INBOUND, { recursive: true });
});

afterEach(async () => {
	expect(await workFolders()).toEqual([]);
});

test('stores faxes and photos as PDFs with all their pages, each file once', async () => {
	const faxes = await faxesAndPhotos();
	const pdf = file.pdf('not a fax');
	const unchanged = ['CC-5001 fax.pdf', 'CC-5001 letter.tif'];
	const all = [...faxes.map(({ name }) => name), ...unchanged].sort();
	const stored = [...faxes.map(({ name }) => convertedName(name)), ...unchanged].sort();
	for (const { name, bytes } of faxes) await put(name, bytes);
	for (const name of unchanged) await put(name, pdf);

	expect((await runOnce('usual')).status).toBe('success');
	expect(held()).toEqual(stored.map((name) => [name.slice(0, 7), name, 'application/pdf']));
	for (const { name, pages } of faxes) {
		const rendered = await pagesOf(bytesOf(convertedName(name)));
		expect([name, rendered]).toEqual([name, pages.map(visible)]);
	}
	for (const name of unchanged) expect(bytesOf(name).equals(pdf)).toBe(true);
	expect(await moved('done')).toEqual(all);
	expect(await names(INBOUND)).toEqual([]);
	for (const { name, bytes } of faxes) expect(await originals(name)).toEqual([bytes]);
	for (const place of ['/', WORK, homedir()]) expect(await names(place)).not.toContain('pwned');

	// Some of them arrive again.
	const again = all.slice(0, 5);
	for (const name of again) await put(name, (await originals(name))[0]!);
	expect((await runOnce('usual')).status).toBe('success');
	expect(held().map(([, name]) => name)).toEqual(stored);
	expect(await names(INBOUND)).toEqual([]);
	expect(await moved('done')).toEqual([...all, ...again].sort());
});

test('rejects a damaged file, and writes the reason beside it', async () => {
	const fax = await tiff([faxPage('1'), faxPage('2'), faxPage('3')], 'g4');
	const damaged = await tiff([faxPage('4')], 'g4');
	const middle = Math.floor(damaged.length / 3);
	damaged.fill('5a', middle, middle + 8, 'hex');
	const photo = await heic([colorPage('5')]);
	const reasons: Array<[name: string, bytes: Buffer, reason: RegExp]> = [
		['CC-5005 cut.heic', photo.subarray(0, photo.length / 2), /The HEIC photo cannot be read: /],
		['CC-5005 cut.tif', fax.subarray(0, (fax.length * 2) / 3), /The TIFF is damaged: /],
		['CC-5005 damaged.tif', damaged, /The TIFF is damaged: Fax4Decode: /],
		['CC-5005 empty.tif', Buffer.alloc(0), /empty/],
		['no id.tif', fax, /was not stored: /],
	];
	for (const [name, bytes] of reasons) await put(name, bytes);

	expect((await runOnce('usual')).status).toBe('success');
	expect(held()).toEqual([]);
	expect(await names(INBOUND)).toEqual([]);
	expect(await moved('rejected')).toEqual(reasons.flatMap(([name]) => [name, `${name}.txt`]));
	for (const [name, bytes, reason] of reasons) {
		expect(await originals(name, 'rejected')).toEqual([bytes]);
		expect(String(await originals(`${name}.txt`, 'rejected'))).toMatch(reason);
	}
});

test('rejects a fax when the converter loses a page', async () => {
	await put('CC-5006 fax.tif', await tiff([faxPage('1'), faxPage('2'), faxPage('3')], 'g3'));
	expect((await runOnce('a page is lost')).status).toBe('success');
	expect(held()).toEqual([]);
	expect(await moved('rejected')).toEqual(['CC-5006 fax.tif', 'CC-5006 fax.tif.txt']);
	expect(String(await originals('CC-5006 fax.tif.txt', 'rejected'))).toBe(
		"'CC-5006 fax.tif' was not stored: it could not be converted to PDF\n" +
			'It has 3 pages, but the PDF has 1. Make a PDF of it by hand, and put the PDF into the drop folder.\n',
	);
});

test.each([
	['no server' as const, /ECONNREFUSED/],
	[
		'a program is missing' as const,
		/^A file could not be .+: The conversion server does not have the program gm\. /,
	],
])('leaves faxes in the folder and stores the other files: %s', async (variant, reason) => {
	await put('CC-5007 fax.tif', await tiff([faxPage('1')], 'g3'));
	await put('CC-5007 fax.pdf', file.pdf());
	const { status, result } = await runOnce(variant);
	expect([status, result.error?.message]).toEqual(['error', expect.stringMatching(reason)]);
	expect(held().map(([, name]) => name)).toEqual(['CC-5007 fax.pdf']);
	expect(await names(INBOUND)).toEqual(['CC-5007 fax.tif']);
});

test('deletes later what an interrupted run has left on the conversion server', async () => {
	await put('CC-5009 fax.tif', await tiff([faxPage('1')], 'g3'));
	const { status, result } = await runOnce('the PDF is lost');
	expect([status, result.error?.message]).toEqual(['error', 'No such file']);
	expect(held()).toEqual([]);
	expect(await names(INBOUND)).toEqual(['CC-5009 fax.tif']);
	const left = await workFolders();
	expect(left).toEqual([expect.any(String)]);
	const { mode } = await stat(join(WORK, left[0]!));
	expect((mode & 0o777).toString(8)).toBe('700');

	await setAge(join(WORK, left[0]!), 61);
	expect((await runOnce('usual')).status).toBe('success');
	expect(held().map(([, name]) => name)).toEqual(['CC-5009 fax.tif (converted).pdf']);
});

test('leaves a converted fax in the folder while Candid is down', async () => {
	api.inject({ kind: 'status', status: 503, path: /encounter-attachments/, times: 9999 });
	await put('CC-5008 fax.tif', await tiff([faxPage('1')], 'g3'));
	expect((await runOnce('usual')).status).toBe('success');
	expect(held()).toEqual([]);
	expect(await names(INBOUND)).toEqual(['CC-5008 fax.tif']);
});

interface Fax {
	name: string;
	bytes: Buffer;
	pages: Page[];
}

async function faxesAndPhotos(): Promise<Fax[]> {
	const mixed = [faxPage('1'), faxPage('2', 'standard'), faxPage('3')];
	const fine = [faxPage('4'), faxPage('5')];
	const scan = [colorPage('6'), colorPage('7')];
	const photo = colorPage('8');
	// More than nine, because page-10 comes before page-2 in an alphabetical order.
	const photos = Array.from({ length: 11 }, (_, index) => colorPage(`photo ${index}`));
	const single = [faxPage('9')];
	const bytes = await tiff(single, 'g3');
	return [
		{ name: 'CC-5001 fax.tif', bytes: await tiff(mixed, 'g3', '-f', 'lsb2msb'), pages: mixed },
		{ name: 'CC-5001 fax.tiff', bytes: await tiff(fine, 'g4', '-r', '100'), pages: fine },
		{ name: 'CC-5002 scan.pdf', bytes: await tiff(scan, 'jpeg'), pages: scan },
		{ name: 'CC-5002 scan', bytes: await tiff(scan, 'lzw'), pages: scan },
		{ name: 'CC-5003 photo.heic', bytes: await turnedHeic(photo), pages: [photo] },
		{ name: 'CC-5003 photo.avif', bytes: await heic([photo], 'avif'), pages: [photo] },
		{ name: 'CC-5003 photos.HEIC', bytes: await heic(photos), pages: photos },
		...COMMANDS.map((command) => ({ name: `CC-5004 ${command}`, bytes, pages: single })),
	];
}

/** The node sends '"' in a name as browsers do (WHATWG HTML, multipart form data). */
const convertedName = (name: string) => `${name.replaceAll('"', '%22')} (converted).pdf`;

/** The changes that the template's notes ask for. */
function changes(variant?: Variant): Changes {
	return {
		...patientSftp(TEMPLATE),
		Settings: assigned({
			drop_folder: INBOUND,
			done_folder: join(FAXES, 'done'),
			rejected_folder: join(FAXES, 'rejected'),
		}),
		// As if the connection were lost between the conversion and the download.
		...(variant === 'the PDF is lost' && {
			'Get the PDF': ({ path }) => ({ path: `${String(path)}.gone` }),
		}),
	};
}

async function server(starting: Promise<SftpServer>): Promise<SftpServer> {
	const started = await starting;
	servers.push(started);
	return started;
}

/** A folder with a GraphicsMagick that converts only the first page of a fax. */
async function losesPages(): Promise<string> {
	const folder = join(FOLDER, 'loses-pages');
	await mkdir(folder);
	const lines = [
		'#!/bin/sh',
		'for each; do [ "$each" = tiff:fax ] && each="tiff:fax[0]"; set -- "$@" "$each"; shift; done',
		`exec ${debianProgram('gm', 'graphicsmagick')} "$@"`,
	];
	await writeFile(join(folder, 'gm'), `${lines.join('\n')}\n`, { mode: 0o755 });
	return folder;
}

const credential = (
	type: string,
	{ user: username, privateKey, port }: SftpServer,
): CredentialToImport => ({
	id: `local-${type}`,
	name: `Local ${type}`,
	type,
	data: { host: HOST, username, port, privateKey },
});

async function runOnce(which: string): Promise<SavedExecution> {
	return await owner.finishedRun(await owner.startRun(ids[which]!, 'Every five minutes'));
}

/** Puts a file into the fax folder that has not changed for ten minutes. */
async function put(name: string, content: Buffer): Promise<void> {
	await writeFile(join(INBOUND, name), content);
	await setAge(join(INBOUND, name), 10);
}

async function setAge(path: string, minutes: number): Promise<void> {
	const at = new Date(Date.now() - minutes * 60_000);
	await utimes(path, at, at);
}

const names = async (folder: string) => (await readdir(folder).catch(() => [])).sort();

const workFolders = async () => (await names(WORK)).filter((name) => name.startsWith('n8n-fax-'));

const withoutTime = (name: string) => name.replace(/^\d{8}-\d{9} /, '');

/** Names in 'done' or 'rejected', without the time that is put before them. */
const moved = async (folder: string) => (await names(join(FAXES, folder))).map(withoutTime).sort();

async function originals(name: string, folder = 'done'): Promise<Buffer[]> {
	const all = (await names(join(FAXES, folder))).filter((each) => withoutTime(each) === name);
	return await Promise.all(all.map(async (each) => await readFile(join(FAXES, folder, each))));
}

/** Charge capture, name and type of every stored attachment, by name. */
const held = () =>
	api.attachments
		.map(({ chargeCaptureExternalId, fileName, contentType }) => [
			chargeCaptureExternalId ?? '',
			fileName,
			contentType,
		])
		.sort(([, a = ''], [, b = '']) => (a < b ? -1 : 1));

function bytesOf(name: string): Buffer {
	const [only, ...others] = api.attachments.filter(({ fileName }) => fileName === name);
	expect(others).toEqual([]);
	return only!.bytes;
}
