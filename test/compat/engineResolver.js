/**
 * Loads n8n's engine from the folder in N8N_ENGINE, if that is set, for the tests and the node's sources.
 * This is a resolver for jest; `useForRequire` does the same for `require` outside of jest.
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
