/** @type {import('jest').Config} */
module.exports = {
	rootDir: '../..',
	roots: ['<rootDir>/test/n8n'],
	// Hundreds of thousands of files of n8n itself, which jest does not need to know.
	modulePathIgnorePatterns: ['<rootDir>/test/n8n/(node_modules|\\.cache)/'],
	haste: { forceNodeFilesystemAPI: true },
	testMatch: ['**/*.test.ts'],
	testEnvironment: 'node',
	// Long enough for slow machines. No test measures time.
	testTimeout: 15 * 60_000,
	maxWorkers: 1,
	reporters: ['default', '<rootDir>/test/n8n/progressReporter.js'],
	transform: { '^.+\\.ts$': '@swc/jest' },
};
