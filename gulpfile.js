const { build } = require('esbuild');
const { mkdir, rm, writeFile } = require('node:fs/promises');
const { basename, dirname, relative } = require('node:path');
const { dest, parallel, series, src, watch } = require('gulp');
const { n8n } = require('./package.json');

const SOURCES = ['credentials/**/*.ts', 'nodes/**/*.ts'];
/** What n8n reads beside the code: icons, the codex files and the output schemas. */
const ASSETS = ['credentials/**/*.{svg,json}', 'nodes/**/*.{svg,json}'];

async function clean() {
	await rm('dist', { recursive: true, force: true });
}

/** What n8n loads: one file for each node and credential, named after its class. */
const LOADED = [...n8n.nodes, ...n8n.credentials];

const BUNDLE = 'dist/nodes/CandidHealth/bundle.js';

/**
 * All code in one file, so that the credential and both nodes have the same sessions and the same pace. It
 * loads in half the time that the files of `n8n-node build` take. Not minified: a reviewer can read it, and a
 * stack trace can be followed.
 */
async function bundle() {
	const sources = LOADED.map((file) => file.replace(/^dist\/(.*)\.js$/, './$1'));
	await build({
		stdin: {
			contents: sources.map((source) => `export * from '${source}';`).join('\n'),
			resolveDir: __dirname,
		},
		outfile: BUNDLE,
		bundle: true,
		platform: 'node',
		target: 'node20',
		charset: 'utf8',
		external: ['n8n-workflow'],
	});
	for (const file of LOADED) {
		const [name] = basename(file).split('.');
		const path = relative(dirname(file), BUNDLE).replace(/^(?!\.)/, './');
		await mkdir(dirname(file), { recursive: true });
		await writeFile(file, `exports.${name} = require('${path}').${name};\n`);
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
