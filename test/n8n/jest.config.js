/** @type {import('jest').Config} */
module.exports = {
	rootDir: '../..',
	roots: ['<rootDir>/test/n8n'],
	// n8n's own packages and folders: hundreds of thousands of files that are no business of jest's.
	modulePathIgnorePatterns: ['<rootDir>/test/n8n/(node_modules|\\.cache)/'],
	haste: { forceNodeFilesystemAPI: true },
	testMatch: ['**/*.test.ts'],
	testEnvironment: 'node',
	// For slow machines; no test is about time.
	testTimeout: 15 * 60_000,
	maxWorkers: 1,
	reporters: ['default', '<rootDir>/test/n8n/progressReporter.js'],
	transform: { '^.+\\.ts$': '@swc/jest' },
};
