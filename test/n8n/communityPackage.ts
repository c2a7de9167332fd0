import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from './commands';

const PROJECT = join(__dirname, '..', '..');
const CACHE = join(__dirname, '.cache');

/** The package as it would be published. */
export interface PackedPackage {
	name: string;
	version: string;
	/** Path of the `.tgz`. */
	tarball: string;
	/** Bytes. */
	size: number;
	/** Bytes of all its files. */
	unpackedSize: number;
}

/** Builds this project and packs it as for publishing. */
export async function packProject(): Promise<PackedPackage> {
	await run('npm', ['run', 'build'], { cwd: PROJECT });
	await mkdir(CACHE, { recursive: true });
	const answer = await run('npm', ['pack', '--json', '--pack-destination', CACHE], {
		cwd: PROJECT,
	});
	const [packed] = JSON.parse(answer) as [Omit<PackedPackage, 'tarball'> & { filename: string }];
	const { filename, ...rest } = packed;
	return { ...rest, tarball: join(CACHE, filename) };
}

/**
 * Installs a packed package into n8n's folder for community nodes, with the steps and flags of n8n
 * 2.41.1 (CommunityPackagesService, `downloadPackage`). n8n loads every package in that folder; its
 * database entry is needed only for the list under 'Community nodes' and for reinstalling.
 *
 * @param nodesFolder the folder `.n8n/nodes` of an n8n that is not running
 * @returns whether it was installed now; false if the same tarball is installed already
 */
export async function installLikeN8n(
	{ name, version, tarball }: PackedPackage,
	nodesFolder: string,
): Promise<boolean> {
	const hash = createHash('sha256')
		.update(await readFile(tarball))
		.digest('hex');
	const marker = join(nodesFolder, '.installed');
	if ((await readFile(marker, 'utf8').catch(() => '')) === hash) return false;

	const folder = join(nodesFolder, 'node_modules', name);
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	await run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
	await dropForeignDependencies(join(folder, 'package.json'));
	await run(
		'npm',
		[
			'install',
			'--audit=false',
			'--fund=false',
			'--bin-links=false',
			'--install-strategy=shallow',
			'--ignore-scripts=true',
			'--package-lock=false',
		],
		{ cwd: folder },
	);
	await writeJson(join(nodesFolder, 'package.json'), {
		name: 'installed-nodes',
		private: true,
		dependencies: { [name]: version },
	});
	await writeFile(marker, hash);
	return true;
}

/** n8n provides the packages that a node may import; a second copy must not be installed. */
async function dropForeignDependencies(packageJson: string): Promise<void> {
	const content = JSON.parse(await readFile(packageJson, 'utf8')) as Record<string, unknown>;
	for (const kind of ['devDependencies', 'peerDependencies', 'optionalDependencies']) {
		delete content[kind];
	}
	await writeJson(packageJson, content);
}

async function writeJson(path: string, content: object): Promise<void> {
	await writeFile(path, JSON.stringify(content, null, 2));
}
