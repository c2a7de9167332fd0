import type { WorkflowToImport } from '../realN8n';

/**
 * A workflow that converts all files of a folder to PNG with n8n's Edit Image node. Resizing to 100 percent
 * changes nothing but the format.
 *
 * @param from the folder
 * @param to the folder for the PNGs, which get the names of the files
 */
export function editImage(from: string, to: string): WorkflowToImport {
	const nodes = [
		node('Run by hand', 'manualTrigger', 1, {}),
		node('Read', 'readWriteFile', 1.1, {
			operation: 'read',
			fileSelector: `${from}/*`,
			options: {},
		}),
		node('Edit Image', 'editImage', 1, {
			operation: 'resize',
			dataPropertyName: 'data',
			width: 100,
			height: 100,
			resizeOption: 'percent',
			options: { format: 'png' },
		}),
		node('Write', 'readWriteFile', 1.1, {
			operation: 'write',
			fileName: `=${to}/{{ $('Read').item.json.fileName }}`,
			dataPropertyName: 'data',
			options: {},
		}),
	];
	const follows = nodes
		.slice(1)
		.map(({ name }, index) => [
			nodes[index]!.name,
			{ main: [[{ node: name, type: 'main', index: 0 }]] },
		]);
	return {
		id: 'edit-image',
		name: 'Convert a folder of files with Edit Image',
		active: false,
		nodes,
		connections: Object.fromEntries(follows) as object,
		settings: { executionOrder: 'v1' },
	};
}

const node = (name: string, type: string, typeVersion: number, parameters: object) => ({
	id: name,
	name,
	type: `n8n-nodes-base.${type}`,
	typeVersion,
	position: [0, 0],
	parameters,
	// A file that cannot be converted leaves by the second output, and the others go on.
	...(type === 'editImage' && { onError: 'continueErrorOutput' }),
});
