const { spawn } = require('node:child_process');
const { readFile, readdir, rm, writeFile } = require('node:fs/promises');
const { join } = require('node:path');
const { minify } = require('@swc/core');
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

/** Takes white space and the names of local variables out of what is published: n8n loads all of it. */
async function shrink() {
	const options = {
		compress: { toplevel: true, passes: 3 },
		mangle: { toplevel: true, keep_classnames: true },
	};
	for (const file of await readdir('dist', { recursive: true })) {
		const path = join('dist', file);
		if (file.endsWith('.json')) {
			await writeFile(path, JSON.stringify(JSON.parse(await readFile(path, 'utf8'))));
		} else if (file.endsWith('.js')) {
			const { code } = await minify(await readFile(path, 'utf8'), options);
			await writeFile(path, code);
		}
	}
}

const compileAll = series(clean, parallel(compile, copyAssets));
const build = series(compileAll, shrink);

/** A mistake in the code must not end the watch: it is reported, and the next save tries again. */
function recompile(done) {
	compile().on('exit', () => done());
}

function watchSources() {
	watch(SOURCES, recompile);
	watch(ASSETS, copyAssets);
}

exports.build = build;
exports.dev = series(compileAll, watchSources);
exports.default = build;
