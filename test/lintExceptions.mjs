/**
 * Writes eslint-suppressions.json: how often each test does what n8n's lint rules forbid a published
 * package, such as importing `node:fs`. `n8n-node lint` lints the whole project with n8n's own
 * configuration, and its strict mode accepts no other. ESLint reads this file in addition.
 *
 * Passes its arguments on to ESLint, for example `--fix`.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Rules about what n8n lets a published package do; the tests are not published. */
const RULES = [
	'@n8n/community-nodes/no-dangerous-functions',
	'@n8n/community-nodes/no-deprecated-workflow-functions',
	'@n8n/community-nodes/no-restricted-globals',
	'@n8n/community-nodes/no-restricted-imports',
	'@n8n/community-nodes/require-node-api-error',
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const eslint = join(
	dirname(createRequire(import.meta.url).resolve('eslint/package.json')),
	'bin/eslint.js',
);

// ESLint also fails when an exception is no longer needed, so all are counted anew.
writeFileSync(join(root, 'eslint-suppressions.json'), '{}');
const { status } = spawnSync(
	process.execPath,
	[eslint, 'test', ...process.argv.slice(2), ...RULES.flatMap((rule) => ['--suppress-rule', rule])],
	{ cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
