const base = require('../../jest.config');

/**
 * The tests that run with every version: uploads, each row of the fault table once, downloads, lists, and
 * what can become of each other write.
 */
const SELECTION = [
	'facts',
	'upload/upload',
	'upload/checks',
	'upload/errors',
	'operations',
	'download/download',
	'download/contents',
	'download/links',
	'listSearch',
	'lookups',
	'credentialTest',
	'tool',
	'trigger/pollFacts',
	'trigger/trigger',
	'faults/faults',
	'creations',
	'claimEntries',
	'chargeCaptureUpdates',
	'encounterOfChargeCapture',
	'taskLists',
	'taskUpdates',
	'superbill/*',
];

const tests = process.env.N8N_ENGINE_TESTS === 'all' ? ['**/*'] : SELECTION;

/**
 * Tests of test/engine with the engine that N8N_ENGINE names; see compat.ts.
 *
 * @type {import('jest').Config}
 */
module.exports = {
	...base,
	rootDir: '../..',
	roots: ['<rootDir>/test/engine', '<rootDir>/test/compat'],
	testMatch: [
		'<rootDir>/test/compat/versions.test.ts',
		...tests.map((name) => `<rootDir>/test/engine/${name}.test.ts`),
	],
	resolver: '<rootDir>/test/compat/engineResolver.js',
	// n8n-core 1.122.48 leaves something running after the last test, which jest would wait for.
	forceExit: true,
	// The packages of another n8n: tests load them, but they contain no tests.
	haste: { forceNodeFilesystemAPI: true },
	modulePathIgnorePatterns: ['<rootDir>/test/compat/n8n-[^/]+/node_modules/'],
};
