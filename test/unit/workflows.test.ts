import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { scripts } from '../../package.json';

const ROOT = join(__dirname, '../..');
const WORKFLOWS = join('.github', 'workflows');

const files = [
	...readdirSync(join(ROOT, WORKFLOWS)).map((name) => join(WORKFLOWS, name)),
	'.ci/run',
];

it.each(files)('every npm script that %s runs exists', (file) => {
	const text = readFileSync(join(ROOT, file), 'utf8');
	const named = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map((match) => match[1]);
	expect(named.length).toBeGreaterThan(0);
	expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
});
