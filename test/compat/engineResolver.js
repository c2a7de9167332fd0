/**
 * Takes n8n's engine, for the tests and for the node's sources, from the folder that N8N_ENGINE names,
 * if it names one: for jest, whose resolver this is, and for what else requires files, once told to.
 */
const Module = require('node:module');

const ENGINE = new Set(['n8n-core', 'n8n-workflow', '@n8n/di']);

const folder = process.env.N8N_ENGINE;

const isOfEngine = (request) => folder !== undefined && ENGINE.has(request);

module.exports = (request, options) =>
	options.defaultResolver(request, isOfEngine(request) ? { ...options, basedir: folder } : options);

module.exports.useForRequire = () => {
	const resolve = Module._resolveFilename;
	Module._resolveFilename = (request, parent, isMain, options) =>
		isOfEngine(request)
			? resolve(request, parent, isMain, { paths: [folder] })
			: resolve(request, parent, isMain, options);
};
