import type {
	IExecuteSingleFunctions,
	IN8nHttpFullResponse,
	INodeExecutionData,
} from 'n8n-workflow';

/** `postReceive` of a delete, which Candid answers with nothing. A text (a proxy's page) confirms nothing. */
export async function deleted(
	this: IExecuteSingleFunctions,
	items: INodeExecutionData[],
	{ body }: IN8nHttpFullResponse,
): Promise<INodeExecutionData[]> {
	const isText = typeof body === 'string' && body.trim() !== '';
	return isText ? items : [{ json: { deleted: true } }];
}
