const { spawn } = require('node:child_process');
const { rm } = require('node:fs/promises');
const { dest, parallel, series, src, watch } = require('gulp');

const SOURCES = ['credentials/**/*.ts', 'nodes/**/*.ts'];
/** What n8n reads beside the code: icons, the codex files and the output schemas. */
const ASSETS = ['credentials/**/*.{svg,json}', 'nodes/**/*.{svg,json}'];

async function clean() {
	await rm('dist', { recursive: true, force: true });
}

function compile() {
	return spawn(
		process.execPath,
		[require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
		{
			stdio: 'inherit',
		},
	);
}

function copyAssets() {
	// `encoding: false` keeps binary files byte for byte.
	return src(ASSETS, { base: '.', encoding: false }).pipe(dest('dist'));
}

const build = series(clean, parallel(compile, copyAssets));

/** A mistake in the code must not end the watch: it is reported, and the next save tries again. */
function recompile(done) {
	compile().on('exit', () => done());
}

function watchSources() {
	watch(SOURCES, recompile);
	watch(ASSETS, copyAssets);
}

exports.build = build;
exports.dev = series(build, watchSources);
exports.default = build;
