import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian keeps each PostgreSQL version's programs, newest first. */
const POSTGRESQL = '/usr/lib/postgresql';

/**
 * Finds a program of the system, also in the folders of Debian that are not in a user's PATH.
 *
 * @param name the program's file name
 * @param debianPackage the package that has it
 * @returns its path
 * @throws Error that says how to install it
 */
export function debianProgram(name: string, debianPackage: string): string {
	const folders = [
		...postgresqlFolders(),
		'/usr/sbin',
		...(process.env.PATH ?? '').split(delimiter),
	];
	const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
	if (found) return found;
	throw new Error(
		`'${name}' is not installed. On Debian or Ubuntu: sudo apt-get install ${debianPackage}`,
	);
}

function postgresqlFolders(): string[] {
	if (!existsSync(POSTGRESQL)) return [];
	const versions = readdirSync(POSTGRESQL).sort((a, b) => Number(b) - Number(a));
	return versions.map((version) => join(POSTGRESQL, version, 'bin'));
}
