import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { scripts } from '../../package.json';

const ROOT = join(__dirname, '../..');
const WORKFLOWS = join('.github', 'workflows');
const CI_RUN = '.ci/run';

const files = [...readdirSync(join(ROOT, WORKFLOWS)).map((name) => join(WORKFLOWS, name)), CI_RUN];

const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const named = (file: string, pattern: RegExp) =>
	[...textOf(file).matchAll(pattern)].map((match) => match[1]!);

it.each(files)('every script that %s runs exists', (file) => {
	const npmScripts = named(file, /\bnpm run ([\w:-]+)/g);
	const parts = named(file, /\brun: \.ci\/run (\w+)/g);
	const paths = named(file, /\bnode (test\/\S+)/g);
	expect(npmScripts.length + parts.length).toBeGreaterThan(0);
	expect(Object.keys(scripts)).toEqual(expect.arrayContaining(npmScripts));
	expect(named(CI_RUN, /^(\w+)\(\)/gm)).toEqual(expect.arrayContaining(parts));
	expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
