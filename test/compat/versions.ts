import { dirname, join } from 'node:path';

/** A version of n8n whose engine the node is tested with. */
export interface TestedN8n {
	version: string;
	/** the packages of its engine, with the versions that this n8n pins */
	engine: Record<string, string>;
	/** path of the folder whose `node_modules` contains them */
	folder: string;
	/** Whether that is the project's own folder. */
	isOwn: boolean;
}

export const TESTED: TestedN8n[] = [
	{
		version: '1.123.81',
		engine: { 'n8n-core': '1.122.48', 'n8n-workflow': '1.120.31', '@n8n/di': '0.10.0' },
		folder: join(__dirname, 'n8n-1.123'),
		isOwn: false,
	},
	{
		version: '2.41.1',
		engine: { 'n8n-core': '2.41.1', 'n8n-workflow': '2.41.0', '@n8n/di': '0.17.0' },
		folder: dirname(dirname(__dirname)),
		isOwn: true,
	},
];
