/** @type {import('jest').Config} */
module.exports = {
	roots: ['<rootDir>/test/unit', '<rootDir>/test/engine', '<rootDir>/test/candid-api'],
	testMatch: ['**/*.test.ts'],
	testEnvironment: 'node',
	// Long enough for slow machines. No test measures time.
	testTimeout: 30_000,
	// Many tests wait rather than compute. By default jest leaves one core free.
	maxWorkers: '100%',
	globalSetup: '<rootDir>/test/engine/environment.ts',
	globalTeardown: '<rootDir>/test/engine/cleanUp.ts',
	transform: { '^.+\\.ts$': '@swc/jest' },
};
