/** @type {import('jest').Config} */
module.exports = {
	roots: ['<rootDir>/test/unit', '<rootDir>/test/engine', '<rootDir>/test/candid-api'],
	testMatch: ['**/*.test.ts'],
	testEnvironment: 'node',
	// For slow machines; no test is about time.
	testTimeout: 30_000,
	globalSetup: '<rootDir>/test/engine/environment.ts',
	globalTeardown: '<rootDir>/test/engine/cleanUp.ts',
	transform: { '^.+\\.ts$': '@swc/jest' },
};
