const { build, transform } = require('esbuild');
const { mkdir, rm, writeFile } = require('node:fs/promises');
const { dirname } = require('node:path');
const { dest, parallel, series, src, watch } = require('gulp');
const { n8n } = require('./package.json');

const SOURCES = ['credentials/**/*.ts', 'nodes/**/*.ts'];
/** What n8n reads beside the code: icons, the codex files and the output schemas. */
const ASSETS = ['credentials/**/*.{svg,json}', 'nodes/**/*.{svg,json}'];

async function clean() {
	await rm('dist', { recursive: true, force: true });
}

/**
 * One file for each that n8n loads, and files with what these share, so that the credential and all nodes
 * have the same sessions and the same pace. They load in half the time that the files of `n8n-node build`
 * take. Not minified: a reviewer can read it, and a stack trace can be followed.
 */
async function bundle() {
	const { outputFiles } = await build({
		entryPoints: [...n8n.nodes, ...n8n.credentials].map((file) =>
			file.replace(/^dist\/(.*)\.js$/, '$1.ts'),
		),
		outdir: 'dist',
		outbase: '.',
		chunkNames: 'nodes/CandidHealth/shared-[hash]',
		bundle: true,
		// esbuild shares code among files only if they are ES modules (0.28); n8n requires CommonJS.
		splitting: true,
		format: 'esm',
		write: false,
		platform: 'node',
		target: 'node20',
		charset: 'utf8',
		external: ['n8n-workflow'],
	});
	for (const { path, text } of outputFiles) {
		const { code } = await transform(text, { format: 'cjs', target: 'node20', charset: 'utf8' });
		await mkdir(dirname(path), { recursive: true });
		await writeFile(path, code);
	}
}

function copyAssets() {
	// `encoding: false` keeps binary files byte for byte.
	return src(ASSETS, { base: '.', encoding: false }).pipe(dest('dist'));
}

/** A mistake in the code must not end the watch: it is reported, and the next save tries again. */
async function bundleAgain() {
	await bundle().catch(() => {});
}

function watchSources() {
	watch(SOURCES, bundleAgain);
	watch(ASSETS, copyAssets);
}

exports.build = series(clean, parallel(bundle, copyAssets));
exports.dev = series(clean, parallel(bundleAgain, copyAssets), watchSources);
exports.default = exports.build;
