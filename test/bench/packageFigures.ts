import { join } from 'node:path';

import type { PackedPackage } from '../n8n/communityPackage';
import { run } from '../n8n/commands';
import type { PackageFigures } from './results';

const PROJECT = join(__dirname, '..', '..');

const LOAD = `
require('n8n-workflow');
const { n8n } = require('./package.json');
const begin = performance.now();
for (const file of [...n8n.nodes, ...n8n.credentials]) new (Object.values(require('./' + file))[0])();
console.log(performance.now() - begin);
`;

/** @param node path of the Node.js that loads the package: n8n's own */
export async function packageFigures(
	{ unpackedSize }: PackedPackage,
	node: string,
	rounds: number,
): Promise<PackageFigures> {
	const loadMs: number[] = [];
	for (let round = 0; round < rounds; round++) {
		loadMs.push(Number(await run(node, ['-e', LOAD], { cwd: PROJECT })));
	}
	return { unpackedSize, loadMs };
}
