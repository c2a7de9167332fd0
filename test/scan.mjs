/**
 * Runs n8n's package scanner on the sources and on the packed tarball, as n8n does for a published
 * package. Also checks the tarball: its files, its size, and that it loads.
 */
import {
	SOURCE_FILE_PATTERNS,
	analyzePackage,
} from '@n8n/scan-community-package/scanner/scanner.mjs';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { findingsIn } from './packageContents.mjs';

const MAX_UNPACKED_BYTES = 300 * 1024;
const CONTENTS =
	/^(package\.json|README\.md|LICENSE\.md|CHANGELOG\.md|dist\/(credentials|nodes)\/.+)$/;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'candid-health-scan-'));
const findings = [];

try {
	const [packed] = JSON.parse(
		execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
			cwd: root,
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'ignore'],
		}),
	);
	for (const { path } of packed.files.filter(({ path }) => !CONTENTS.test(path))) {
		findings.push(`The tarball contains ${path}`);
	}
	for (const name of ['README.md', 'LICENSE.md', 'CHANGELOG.md']) {
		if (!packed.files.some(({ path }) => path === name)) findings.push(`The tarball lacks ${name}`);
	}
	if (packed.unpackedSize > MAX_UNPACKED_BYTES) {
		findings.push(
			`The tarball unpacks to ${packed.unpackedSize} bytes, over ${MAX_UNPACKED_BYTES}`,
		);
	}
	execFileSync('tar', ['-xzf', packed.filename], { cwd: folder });
	// n8n brings n8n-workflow.
	symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
	findings.push(...findingsIn(join(folder, 'package')));
	findings.push(...renamedFunctions(packed.files.map(({ path }) => join(folder, 'package', path))));

	for (const [what, where, patterns] of [
		['sources', root, SOURCE_FILE_PATTERNS],
		['tarball', join(folder, 'package'), ['**/*.js', 'package.json']],
	]) {
		const result = await analyzePackage(where, patterns);
		if (!result.passed) findings.push(`${what}: ${result.message}\n${result.details ?? ''}`);
	}
	process.stdout.write(
		`${packed.filename}: ${packed.files.length} files, ${packed.unpackedSize} bytes unpacked\n`,
	);
} finally {
	rmSync(folder, { recursive: true, force: true });
}

for (const finding of findings) process.stdout.write(`${finding}\n`);
process.stdout.write(findings.length ? `${findings.length} findings\n` : 'No findings\n');
process.exitCode = findings.length ? 1 : 0;

/** Functions that the bundler had to call 'read2', also in stack traces, because two files have a `read`. */
function renamedFunctions(paths) {
	const texts = paths
		.filter((path) => path.endsWith('.js'))
		.map((path) => readFileSync(path, 'utf8'));
	return texts.flatMap((text) =>
		[...text.matchAll(/^(?:(?:async )?function\*? (\w+)\(|class (\w+) |var (\w+) = .*=>)/gm)]
			.map((match) => match.slice(1).find(Boolean))
			.filter((name, _, all) => /\d$/.test(name) && all.includes(name.replace(/\d+$/, '')))
			.map((name) => `The bundle has a function ${name}: give one of the two another name`),
	);
}
