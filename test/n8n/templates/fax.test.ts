import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { startCandidApi, type CandidApi } from '../../candid-api';
import * as file from '../../files/contents';
import { localCredential } from '../localCredential';
import { OwnerSession, type SavedExecution } from '../ownerSession';
import { freePorts } from '../ports';
import type { RealN8n } from '../realN8n';
import { sshCredential } from '../services/credentials';
import { debianProgram } from '../services/debianProgram';
import { startSftpServer, startSshServer, type SftpServer } from '../services/sftpServer';
import { PREPARE_MS, prepareTestBed } from '../testBed';
import { editImage } from './editImage';
import {
	colorPage,
	faxPage,
	heic,
	pagesOf,
	pictureIn,
	tiff,
	turnedHeic,
	visible,
	type Page,
} from './faxFiles';
import { assigned, patientSftp, setUp, type Changes } from './template';

const TEMPLATE = 'fax-to-charge-capture';
const FOLDER = join(__dirname, '..', '.cache', 'fax');
const FAXES = join(FOLDER, 'faxes');
/** What the Edit Image node converts, and where it puts the results. */
const PICTURES = join(FAXES, 'pictures');
const EDITED = join(FAXES, 'edited');
/** Where the template's work folders are. */
const WORK = '/tmp';

/** Files that need no conversion, also one that only its name says is a TIFF. */
const UNCHANGED = ['CC-5001 fax.pdf', 'CC-5001 letter.tif'];
const PDF = file.pdf('not a fax');

/** Names that would run `touch pwned` if they were part of a command. */
const COMMANDS = [
	"x'; cd ..; touch pwned; '.tif",
	'$(cd ..; touch pwned).tif',
	'`cd ..; touch pwned`".tif',
];

/**
 * Copies of the template, each with its own folders. In all but the first, the conversion server or Candid is
 * not as it should be, or the PDF is lost.
 */
const CASES = [
	'usual',
	'no server',
	'a program is missing',
	'a page is lost',
	'the PDF is lost',
	'Candid is down',
] as const;
type Case = (typeof CASES)[number];

jest.setTimeout(30 * 60_000);

let api: CandidApi;
/** A Candid that stores nothing. */
let down: CandidApi;
let n8n: RealN8n;
let owner: OwnerSession;
const servers: SftpServer[] = [];
let faxes: Fax[];
let rejects: Reject[];
let pictures: Picture[];
/** The first run of each case. They run at once, because they mostly wait for SSH connections. */
let runs: Record<Case, SavedExecution>;
let editImageRun: SavedExecution;
/** The work folders on the conversion server after these runs. */
let left: string[];

beforeAll(async () => {
	await rm(FOLDER, { recursive: true, force: true });
	for (const each of CASES) await mkdir(inbound(each), { recursive: true });
	await mkdir(EDITED);
	await mkdir(PICTURES);
	[faxes, rejects, pictures, { api, n8n }] = await Promise.all([
		faxesAndPhotos(),
		damagedFiles(),
		putPictures(),
		prepareTestBed('fax', { readableFolder: FAXES }),
	]);
	down = await startCandidApi();
	down.inject({ kind: 'status', status: 503, path: /encounter-attachments/, times: 9999 });
	await importTemplates();
	await n8n.start();
	owner = await OwnerSession.open(n8n.url);
	await putFiles();
	const first = CASES.map(async (each) => [each, await runOnce(each)] as const);
	const editing = owner.startRun('edit-image', 'Run by hand');
	runs = Object.fromEntries(await Promise.all(first)) as typeof runs;
	left = await workFolders();
	editImageRun = await owner.finishedRun(await editing);
}, PREPARE_MS);

afterAll(async () => {
	await n8n?.stop();
	await Promise.all(servers.map(async (each) => await each.stop()));
	await api?.close();
	await down?.close();
});

test('stores faxes and photos as PDFs with all their pages, each file once', async () => {
	expect(runs.usual.status).toBe('success');
	const all = [...faxes.map(({ name }) => name), ...UNCHANGED].sort();
	const stored = [...faxes.map(({ name }) => convertedName(name)), ...UNCHANGED].sort();
	expect(held('CC-500[1-5]')).toEqual(
		stored.map((name) => [name.slice(0, 7), name, 'application/pdf']),
	);
	for (const { name, pages } of faxes) {
		const rendered = await pagesOf(bytesOf(convertedName(name)));
		expect([name, rendered]).toEqual([name, pages.map(visible)]);
	}
	for (const name of UNCHANGED) expect(bytesOf(name).equals(PDF)).toBe(true);
	expect(await moved('usual', 'done')).toEqual(all);
	expect(await names(inbound('usual'))).toEqual([]);
	for (const { name, bytes } of faxes) expect(await originals(name)).toEqual([bytes]);
	for (const place of ['/', WORK, homedir()]) expect(await names(place)).not.toContain('pwned');

	// Some of them arrive again.
	const again = all.slice(0, 5);
	for (const name of again) await put('usual', name, (await originals(name))[0]!);
	expect((await runOnce('usual')).status).toBe('success');
	expect(held('CC-500[1-5]').map(([, name]) => name)).toEqual(stored);
	expect(await names(inbound('usual'))).toEqual([]);
	expect(await moved('usual', 'done')).toEqual([...all, ...again].sort());
});

test('rejects a damaged file, and writes the reason beside it', async () => {
	expect(runs.usual.status).toBe('success');
	expect(await moved('usual', 'rejected')).toEqual(
		rejects.flatMap(({ name }) => [name, `${name}.txt`]),
	);
	for (const { name, bytes, reason } of rejects) {
		expect(await originals(name, 'rejected')).toEqual([bytes]);
		expect(String(await originals(`${name}.txt`, 'rejected'))).toMatch(reason);
	}
	// Nothing without a charge capture is stored either.
	expect(held('^(?!CC-500[1-46-9]$)')).toEqual([]);
});

test('rejects a fax when the converter loses a page', async () => {
	expect(runs['a page is lost'].status).toBe('success');
	expect(held('CC-5006')).toEqual([]);
	expect(await moved('a page is lost', 'rejected')).toEqual([
		'CC-5006 fax.tif',
		'CC-5006 fax.tif.txt',
	]);
	expect(String(await originals('CC-5006 fax.tif.txt', 'rejected', 'a page is lost'))).toBe(
		"'CC-5006 fax.tif' was not stored: it could not be converted to PDF\n" +
			'It has 3 pages, but the PDF has 1. Make a PDF of it by hand, and put the PDF into the drop folder.\n',
	);
});

test.each([
	['no server' as const, 'CC-5007', /ECONNREFUSED/],
	[
		'a program is missing' as const,
		'CC-5008',
		/^A file could not be .+: The conversion server does not have the program gm\. /,
	],
])('leaves faxes in the folder and stores the other files: %s', async (which, id, reason) => {
	const { status, result } = runs[which];
	expect([status, result.error?.message]).toEqual(['error', expect.stringMatching(reason)]);
	expect(held(id).map(([, name]) => name)).toEqual([`${id} fax.pdf`]);
	expect(await names(inbound(which))).toEqual([`${id} fax.tif`]);
});

test('leaves a converted fax in the folder while Candid is down', async () => {
	expect(runs['Candid is down'].status).toBe('success');
	expect(down.attachments).toEqual([]);
	expect(await names(inbound('Candid is down'))).toEqual(['CC-5010 fax.tif']);
	const nodes = Object.keys(runs['Candid is down'].result.runData);
	expect(nodes).toEqual(expect.arrayContaining(['Get the PDF', 'Leave it for the next run']));
});

test('deletes later what an interrupted run has left on the conversion server', async () => {
	const name = 'CC-5009 fax.tif';
	const { status, result } = runs['the PDF is lost'];
	expect([status, result.error?.message]).toEqual(['error', 'No such file']);
	expect(held('CC-5009')).toEqual([]);
	expect(await names(inbound('the PDF is lost'))).toEqual([name]);
	// All other runs have deleted theirs.
	expect(left).toEqual([expect.any(String)]);
	expect(await workFolders()).toEqual(left);
	const folder = join(WORK, left[0]!);
	expect(((await stat(folder)).mode & 0o777).toString(8)).toBe('700');

	await setAge(folder, 61);
	await rename(join(inbound('the PDF is lost'), name), join(inbound('usual'), name));
	expect((await runOnce('usual')).status).toBe('success');
	expect(held('CC-5009').map(([, each]) => each)).toEqual([convertedName(name)]);
	expect(await workFolders()).toEqual([]);
});

test("n8n's Edit Image node keeps only the first page of a TIFF, and squashes standard faxes", async () => {
	expect(editImageRun.status).toBe('success');
	expect(editImageRun.text).toContain('Number of images is not supported');
	expect(await names(EDITED)).toEqual(pictures.map(({ name }) => name));
	for (const { name, page } of pictures) {
		const { cells, shape } = visible(page);
		const picture = await pictureIn(join(EDITED, name));
		expect([name, picture.cells]).toEqual([name, cells]);
		const stretch = Math.round((picture.shape / shape) * 10) / 10;
		expect([name, stretch]).toEqual([name, name === 'standard.tif' ? 2.1 : 1]);
	}
});

interface Fax {
	name: string;
	bytes: Buffer;
	pages: Page[];
}

/** What Edit Image converts, and the page that is left of it. */
interface Picture {
	name: string;
	page: Page;
}

interface Reject {
	name: string;
	bytes: Buffer;
	reason: RegExp;
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

async function damagedFiles(): Promise<Reject[]> {
	const fax = await tiff([faxPage('1'), faxPage('2'), faxPage('3')], 'g4');
	const damaged = await tiff([faxPage('4')], 'g4');
	const middle = Math.floor(damaged.length / 3);
	damaged.fill('5a', middle, middle + 8, 'hex');
	const photo = await heic([colorPage('5')]);
	const half = photo.subarray(0, photo.length / 2);
	const most = fax.subarray(0, (fax.length * 2) / 3);
	return [
		{ name: 'CC-5005 cut.heic', bytes: half, reason: /The HEIC photo cannot be read: / },
		{ name: 'CC-5005 cut.tif', bytes: most, reason: /The TIFF is damaged: / },
		{ name: 'CC-5005 damaged.tif', bytes: damaged, reason: /The TIFF is damaged: Fax4Decode: / },
		{ name: 'CC-5005 empty.tif', bytes: Buffer.alloc(0), reason: /empty/ },
		{ name: 'no id.tif', bytes: fax, reason: /was not stored: / },
	];
}

/** Puts files into the folder for Edit Image. @returns those that it can convert, by name */
async function putPictures(): Promise<Picture[]> {
	const three = [faxPage('1'), faxPage('2'), faxPage('3')] as const;
	const [standard, scan, photo] = [faxPage('4', 'standard'), colorPage('5'), colorPage('6')];
	await writeFile(join(PICTURES, 'photos.heic'), await heic([photo, scan]));
	const files: Array<Picture & { bytes: Buffer }> = [
		{ name: 'fax g3.tif', page: three[0], bytes: await tiff([...three], 'g3') },
		{ name: 'fax g4.tif', page: three[0], bytes: await tiff([...three], 'g4') },
		{ name: 'photo.heic', page: photo, bytes: await turnedHeic(photo) },
		{ name: 'scan.tif', page: scan, bytes: await tiff([scan, photo], 'jpeg') },
		{ name: 'standard.tif', page: standard, bytes: await tiff([standard], 'g3') },
	];
	for (const { name, bytes } of files) await writeFile(join(PICTURES, name), bytes);
	return files;
}

/** Imports a copy of the template for each case, and the workflow with Edit Image. */
async function importTemplates(): Promise<void> {
	const sftp = sshCredential('sftp', await server(startSftpServer(join(FOLDER, 'sftp'))));
	const programs = process.env.PATH ?? '';
	const ssh = await server(startSshServer(join(FOLDER, 'ssh'), programs));
	const bare = await server(startSshServer(join(FOLDER, 'bare'), FOLDER));
	const losing = `${await losesPages()}:${programs}`;
	const [nothing = 0] = await freePorts(0);
	const machines: Partial<Record<Case, SftpServer>> = {
		'no server': { ...ssh, port: nothing },
		'a program is missing': bare,
		'a page is lost': await server(startSshServer(join(FOLDER, 'losing'), losing)),
	};
	const copies = CASES.map((which) => {
		const id = idOf(which);
		const machine = { ...sshCredential('sshPrivateKey', machines[which] ?? ssh), id };
		const candid = {
			...localCredential(which === 'Candid is down' ? down.url : api.url),
			id: `candid-${id}`,
		};
		const workflow = setUp(TEMPLATE, [candid, sftp, machine], changes(which));
		return { credentials: [candid, machine], workflow: { ...workflow, id } };
	});
	await n8n.importCredentials(sftp, ...copies.flatMap(({ credentials }) => credentials));
	const workflows = copies.map(({ workflow }) => workflow);
	await n8n.importWorkflows(...workflows, editImage(PICTURES, EDITED));
}

/** Puts the files for the first run of each case into its folder. */
async function putFiles(): Promise<void> {
	const fax = await tiff([faxPage('1')], 'g3');
	const three = await tiff([faxPage('1'), faxPage('2'), faxPage('3')], 'g3');
	for (const { name, bytes } of [...faxes, ...rejects]) await put('usual', name, bytes);
	for (const name of UNCHANGED) await put('usual', name, PDF);
	await put('a page is lost', 'CC-5006 fax.tif', three);
	await put('no server', 'CC-5007 fax.tif', fax);
	await put('no server', 'CC-5007 fax.pdf', file.pdf());
	await put('a program is missing', 'CC-5008 fax.tif', fax);
	await put('a program is missing', 'CC-5008 fax.pdf', file.pdf());
	await put('the PDF is lost', 'CC-5009 fax.tif', fax);
	await put('Candid is down', 'CC-5010 fax.tif', fax);
}

/** The changes that the template's notes ask for. */
function changes(which: Case): Changes {
	return {
		...patientSftp(TEMPLATE),
		Settings: assigned({
			drop_folder: inbound(which),
			done_folder: join(FAXES, which, 'done'),
			rejected_folder: join(FAXES, which, 'rejected'),
		}),
		// As if the connection were lost between the conversion and the download.
		...(which === 'the PDF is lost' && {
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

const idOf = (which: Case) => which.replaceAll(' ', '-');

const inbound = (which: Case) => join(FAXES, which, 'inbound');

async function runOnce(which: Case): Promise<SavedExecution> {
	return await owner.finishedRun(await owner.startRun(idOf(which), 'Every five minutes'));
}

/** Puts a file into the fax folder of a case. It has not changed for ten minutes. */
async function put(which: Case, name: string, content: Buffer): Promise<void> {
	const path = join(inbound(which), name);
	await writeFile(path, content);
	await setAge(path, 10);
}

async function setAge(path: string, minutes: number): Promise<void> {
	const at = new Date(Date.now() - minutes * 60_000);
	await utimes(path, at, at);
}

const names = async (folder: string) => (await readdir(folder).catch(() => [])).sort();

const workFolders = async () => (await names(WORK)).filter((name) => name.startsWith('n8n-fax-'));

const withoutTime = (name: string) => name.replace(/^\d{8}-\d{9} /, '');

type Moved = 'done' | 'rejected';

/** Names in 'done' or 'rejected', without the time that is put before them. */
const moved = async (which: Case, to: Moved) =>
	(await names(join(FAXES, which, to))).map(withoutTime).sort();

async function originals(
	name: string,
	to: Moved = 'done',
	which: Case = 'usual',
): Promise<Buffer[]> {
	const folder = join(FAXES, which, to);
	const all = (await names(folder)).filter((each) => withoutTime(each) === name);
	return await Promise.all(all.map(async (each) => await readFile(join(folder, each))));
}

/** Charge capture, name and type of every attachment stored for these charge captures, by name. */
const held = (chargeCaptures: string) =>
	api.attachments
		.map(({ chargeCaptureExternalId, fileName, contentType }) => [
			chargeCaptureExternalId ?? '',
			fileName,
			contentType,
		])
		.filter(([id = '']) => id.match(chargeCaptures))
		.sort(([, a = ''], [, b = '']) => (a < b ? -1 : 1));

function bytesOf(name: string): Buffer {
	const [only, ...others] = api.attachments.filter(({ fileName }) => fileName === name);
	expect(others).toEqual([]);
	return only!.bytes;
}
