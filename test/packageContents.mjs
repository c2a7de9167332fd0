/**
 * Checks that a folder with a built package has everything that n8n loads from it, and that it loads.
 * As a command: checks this project's folder, for whichever build wrote `dist`.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * @param {string} folder has the package.json, and finds n8n-workflow in its node_modules
 * @returns {string[]} what is missing or does not load
 */
export function findingsIn(folder) {
	const { n8n } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
	const findings = [...n8n.nodes, ...n8n.credentials].flatMap((file) => loadFindings(folder, file));
	const needed = n8n.nodes.map((file) => file.replace(/\.js$/, '.json')).concat(outputSchemas());
	for (const file of needed) {
		if (!existsSync(join(folder, file))) findings.push(`There is no ${file}`);
	}
	return findings;
}

function loadFindings(folder, file) {
	const path = join(folder, file);
	try {
		const [Loaded] = Object.values(createRequire(path)(path));
		const loaded = new Loaded();
		const { light, dark } = (loaded.description ?? loaded).icon;
		return [light, dark]
			.map((icon) => join(dirname(path), icon.replace(/^file:/, '')))
			.filter((icon) => !existsSync(icon))
			.map((icon) => `${file} names an icon that is not there: ${icon}`);
	} catch (error) {
		return [`${file} does not load: ${error}`];
	}
}

/** Where n8n looks for the output schemas: beside the node. */
function outputSchemas() {
	return readdirSync(join(root, 'nodes'), { recursive: true })
		.filter((name) => name.includes('__schema__') && name.endsWith('.json'))
		.map((name) => join('dist', 'nodes', name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const findings = findingsIn(root);
	for (const finding of findings) process.stdout.write(`${finding}\n`);
	process.stdout.write(findings.length ? '' : 'The package in dist is complete and loads\n');
	process.exitCode = findings.length ? 1 : 0;
}
