import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(__dirname, '../..');

const REPOSITORY = 'https://github.com/n8n-nodes-candid-health/n8n-nodes-candid-health/blob/main/';

const docs = readdirSync(join(ROOT, 'docs'))
	.filter((name) => name.endsWith('.md'))
	.map((name) => `docs/${name}`);

const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** The pages and pictures of this repository that a page links to, from the root, each with its `#heading`. */
function linksOf(page: string): string[] {
	const inText = textOf(page).matchAll(/\]\(([^)\s]+)\)/g);
	const defined = textOf(page).matchAll(/^\[[^\]]+\]: (\S+)$/gm);
	return [...inText, ...defined].flatMap(([, target = '']) => {
		if (target.startsWith(REPOSITORY)) return [target.slice(REPOSITORY.length)];
		if (/^[a-z]+:/.test(target)) return [];
		if (target.startsWith('#')) return [`${page}${target}`];
		return [relative(ROOT, join(ROOT, dirname(page), target))];
	});
}

/** What GitHub makes of a page's headings, for links to them. */
const anchorsIn = (page: string) =>
	[...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
		heading
			.toLowerCase()
			.replace(/[^\p{L}\p{N} _-]/gu, '')
			.replaceAll(' ', '-'),
	);

function leadsSomewhere(link: string): boolean {
	const [path = '', anchor] = link.split('#');
	if (!existsSync(join(ROOT, path))) return false;
	return anchor === undefined || anchorsIn(path).includes(anchor);
}

test.each(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs])(
	'%s links only to what is there',
	(page) => {
		expect(linksOf(page).filter((link) => !leadsSomewhere(link))).toEqual([]);
	},
);

test('README.md links to every page of docs and every template', () => {
	const templates = readdirSync(join(ROOT, 'workflows')).map((name) => `workflows/${name}`);
	const linked = new Set(linksOf('README.md').map((link) => link.split('#')[0]));
	expect([...docs, ...templates].filter((page) => !linked.has(page))).toEqual([]);
});
