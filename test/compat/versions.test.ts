import { createRequire } from 'node:module';

import { loadedVersion } from '../engine/loadedN8n';
import { TESTED } from './versions';

const { version, engine } = TESTED.find(({ folder }) => folder === process.env.N8N_ENGINE)!;

it(`the tests and the node load the engine of n8n ${version}`, () => {
	const loaded = Object.keys(engine).map((name) => [name, loadedVersion(name)]);
	process.stdout.write(`n8n ${version}: ${loaded.map((entry) => entry.join(' ')).join(', ')}\n`);
	expect(Object.fromEntries(loaded)).toEqual(engine);
});

it('the engine and the node load the same n8n-workflow', () => {
	const ofEngine = createRequire(require.resolve('n8n-core')).resolve('n8n-workflow');
	expect(ofEngine).toBe(require.resolve('n8n-workflow'));
});
