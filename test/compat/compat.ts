import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';

import { ensureLocked } from '../n8n/installation';
import { step } from '../n8n/step';
import { TESTED } from './versions';
import type { TestedN8n } from './versions';

const USAGE = `Usage: npm run test:compat -- [options]

  --n8n <version>   test with this version: ${TESTED.map(({ version }) => version).join(' or ')};
                    default: all, without the tests that 'npm test' runs with its own version
  --all             run all tests of test/engine; default: a selection
  --help            show this text
`;

void main();

async function main(): Promise<void> {
	try {
		const { values } = parseArgs({
			options: {
				n8n: { type: 'string' },
				all: { type: 'boolean', default: false },
				help: { type: 'boolean', default: false },
			},
		});
		if (values.help) process.stdout.write(USAGE);
		else process.exitCode = await testAll(chosen(values.n8n), values);
	} catch (error) {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
		process.exitCode = 1;
	}
}

interface Choice {
	n8n?: string;
	all: boolean;
}

/** @returns the exit code */
async function testAll(versions: TestedN8n[], choice: Choice): Promise<number> {
	const failed: string[] = [];
	for (const n8n of versions) {
		step(`n8n ${n8n.version}`);
		if (!(await passes(n8n, choice))) failed.push(n8n.version);
	}
	for (const { version } of versions) {
		step(`n8n ${version}: ${failed.includes(version) ? 'FAILED' : 'passed'}`);
	}
	return failed.length > 0 ? 1 : 0;
}

/** Runs jest with the engine of this version; `engineResolver.js` makes jest load it. */
async function passes({ version, folder, isOwn }: TestedN8n, choice: Choice): Promise<boolean> {
	if (!isOwn) {
		const what = `the engine of n8n ${version}`;
		await ensureLocked({ folder, what, expectation: 'about 30 s, 250 MB, only once' }, step);
	}
	// 'npm test' runs all tests with the project's own engine.
	const tests = isOwn && choice.n8n === undefined ? ['test/compat/versions'] : [];
	const jest = spawn(
		process.execPath,
		[require.resolve('jest/bin/jest'), '--config', require.resolve('./jest.config'), ...tests],
		{
			env: {
				...process.env,
				N8N_ENGINE: folder,
				N8N_ENGINE_TESTS: choice.all ? 'all' : 'selection',
			},
			stdio: 'inherit',
		},
	);
	const [exitCode] = (await once(jest, 'close')) as [number | null];
	return exitCode === 0;
}

function chosen(version?: string): TestedN8n[] {
	const versions = TESTED.filter((n8n) => version === undefined || n8n.version === version);
	if (versions.length === 0) throw new Error(`n8n ${version} is not a tested version.`);
	return versions;
}
