import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from '../commands';
import { debianProgram } from '../services/debianProgram';

const gm = () => debianProgram('gm', 'graphicsmagick');

/** A page with a pattern of its own: 8 columns and 10 rows of dark and light cells. */
export interface Page {
	/** what the pattern is made of; pages with different texts look different */
	text: string;
	width: number;
	height: number;
	/** dots per inch, across and down */
	density: [number, number];
	inColor?: boolean;
}

/** A page of a PDF: its pattern, and its width divided by its height. */
export interface RenderedPage {
	cells: string[];
	shape: number;
}

/** A fax page in fine resolution, or in standard resolution, in which dots are twice as high as wide. */
export const faxPage = (text: string, resolution: 'fine' | 'standard' = 'fine'): Page =>
	resolution === 'fine'
		? { text, width: 1728, height: 2292, density: [204, 196] }
		: { text, width: 1728, height: 1146, density: [204, 98] };

export const colorPage = (text: string): Page => ({
	text,
	width: 640,
	height: 800,
	density: [80, 80],
	inColor: true,
});

/** What a reader must see of a page. */
export const visible = ({ text, width, height, density: [across, down] }: Page): RenderedPage => ({
	cells: cellsOf(text),
	shape: rounded(width / across / (height / down)),
});

/** @param compression how libtiff's `tiffcp` is to write it, such as `g3` or `jpeg` */
export async function tiff(pages: Page[], ...compression: string[]): Promise<Buffer> {
	return await inFolder(async (folder) => {
		const files = await pictures(folder, pages, 'tif');
		const file = join(folder, 'fax');
		const tiffcp = debianProgram('tiffcp', 'libtiff-tools');
		await run(tiffcp, ['-c', ...compression, ...files, file]);
		return await readFile(file);
	});
}

/** A photo with one or several images; with the extension 'avif', in the newer format of that name. */
export async function heic(pages: Page[], extension = 'heic'): Promise<Buffer> {
	return await inFolder(async (folder) => {
		const file = join(folder, `photo.${extension}`);
		const encoder = debianProgram('heif-enc', 'libheif-examples');
		await run(encoder, ['-q', '90', '-o', file, ...(await pictures(folder, pages, 'png'))]);
		return await readFile(file);
	});
}

/** A photo as a phone stores it that was held upright: lying on its side, with the note to turn it. */
export async function turnedHeic(page: Page): Promise<Buffer> {
	return await inFolder(async (folder) => {
		const [upright = ''] = await pictures(folder, [page], 'png');
		const [lying, file] = [join(folder, 'lying.png'), join(folder, 'photo.heic')];
		await run(gm(), ['convert', upright, '-rotate', '90', lying]);
		await run(debianProgram('heif-enc', 'libheif-examples'), ['-q', '90', '-o', file, lying]);
		return withRotation(await readFile(file));
	});
}

/** Checks a PDF with qpdf, renders it with Poppler and reads the pattern of each page. */
export async function pagesOf(pdf: Buffer): Promise<RenderedPage[]> {
	return await inFolder(async (folder) => {
		const file = join(folder, 'file.pdf');
		await writeFile(file, pdf);
		// Fails for a file that a strict reader may not accept.
		await run(debianProgram('qpdf', 'qpdf'), ['--check', file]);
		const [pdfinfo, pdftoppm] = ['pdfinfo', 'pdftoppm'].map((name) =>
			debianProgram(name, 'poppler-utils'),
		);
		const info = await run(pdfinfo!, ['-f', '1', '-l', '99', file]);
		const shapes = [...info.matchAll(/^Page +\d+ size: +([\d.]+) x ([\d.]+)/gm)].map(
			([, width, height]) => rounded(Number(width) / Number(height)),
		);
		const size = ['-scale-to-x', '80', '-scale-to-y', '100'];
		await run(pdftoppm!, ['-gray', ...size, file, join(folder, 'page')]);
		const images = (await readdir(folder)).filter((name) => name.endsWith('.pgm')).sort();
		const all = images.map(async (name) => cellsIn(await readFile(join(folder, name))));
		return (await Promise.all(all)).map((cells, index) => ({ cells, shape: shapes[index]! }));
	});
}

/** Reads the pattern of a picture of one page, whose dots every viewer shows as high as wide. */
export async function pictureIn(file: string): Promise<RenderedPage> {
	return await inFolder(async (folder) => {
		const pgm = join(folder, 'page.pgm');
		const size = await run(gm(), ['identify', '-format', '%w %h', file]);
		const [width = 0, height = 0] = size.split(' ').map(Number);
		await run(gm(), ['convert', file, '-resize', '80x100!', pgm]);
		return { cells: cellsIn(await readFile(pgm)), shape: rounded(width / height) };
	});
}

/** 10 rows of 8 cells: '#' is dark. */
function cellsOf(text: string): string[] {
	const bytes = [...createHash('sha256').update(text).digest().subarray(0, 10)];
	return bytes.map((byte) =>
		byte.toString(2).padStart(8, '0').replaceAll('1', '#').replaceAll('0', '.'),
	);
}

/** The same, of a picture of 80 by 100 dots in the format PGM, whose data are at the end of the file. */
function cellsIn(pgm: Buffer): string[] {
	const dots = pgm.subarray(pgm.length - 80 * 100);
	const isDark = (column: number, row: number) =>
		dots[(row * 10 + 5) * 80 + column * 10 + 5]! < 128;
	return Array.from({ length: 10 }, (_, row) =>
		Array.from({ length: 8 }, (__, column) => (isDark(column, row) ? '#' : '.')).join(''),
	);
}

const rounded = (ratio: number) => Math.round(ratio * 100) / 100;

async function pictures(folder: string, pages: Page[], extension: string): Promise<string[]> {
	const files = pages.map(async (page, index) => {
		const [ppm, file] = [join(folder, `${index}.ppm`), join(folder, `${index}.${extension}`)];
		await writeFile(ppm, picture(page));
		const density = ['-density', page.density.join('x'), '-units', 'PixelsPerInch'];
		await run(gm(), ['convert', ppm, ...density, ...(page.inColor ? [] : ['-monochrome']), file]);
		return file;
	});
	return await Promise.all(files);
}

/** A picture in the format PPM. */
function picture({ text, width, height, inColor }: Page): Buffer {
	const [dark, light] = inColor ? ['00205b', 'ffe9a0'] : ['000000', 'ffffff'];
	const lines = cellsOf(text).map((row) =>
		Buffer.concat(
			[...row].map((cell) => Buffer.alloc((width / 8) * 3, cell === '#' ? dark : light, 'hex')),
		),
	);
	const dots = Array.from({ length: height }, (_, y) => lines[Math.floor((y * 10) / height)]!);
	return Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), ...dots]);
}

/**
 * Adds the property 'irot' (a quarter turn counterclockwise; ISO/IEC 23008-12, 6.5.10) to the only image
 * of a file that `heif-enc` 1.15 wrote.
 */
function withRotation(heif: Buffer): Buffer {
	const at = (type: string) => heif.indexOf(type, 0, 'latin1') - 4;
	const grow = (position: number, bytes: number) =>
		heif.writeUInt32BE(heif.readUInt32BE(position) + bytes, position);
	const [ipco, ipma] = [at('ipco'), at('ipma')];
	const endOfProperties = ipco + heif.readUInt32BE(ipco);
	const endOfAssociations = ipma + heif.readUInt32BE(ipma);
	const count = ipma + 18;
	// Properties are counted from 1. The highest bit says that a reader must not ignore it.
	const association = Buffer.from([0x80 | (heif[count]! + 1)]);
	heif[count]! += 1;
	const rotation = Buffer.from([0, 0, 0, 9, ...Buffer.from('irot'), 1]);
	const added = rotation.length + association.length;
	// Where the image's data begin, counted from the start of the file.
	grow(at('iloc') + 26, added);
	for (const box of [at('meta'), at('iprp')]) grow(box, added);
	grow(ipco, rotation.length);
	grow(ipma, association.length);
	return Buffer.concat([
		heif.subarray(0, endOfProperties),
		rotation,
		heif.subarray(endOfProperties, endOfAssociations),
		association,
		heif.subarray(endOfAssociations),
	]);
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
	await mkdir(tmpdir(), { recursive: true });
	const folder = await mkdtemp(join(tmpdir(), 'fax-files-'));
	try {
		return await use(folder);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
