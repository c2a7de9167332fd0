import { updateDisplayOptions } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';

import { attachmentFields } from '../../request/simplify';
import { limit, returnAll, simplifyTo } from '../getMany';

const properties: INodeProperties[] = [returnAll, limit, simplifyTo(attachmentFields)];

export const getManyProperties = updateDisplayOptions(
	{ show: { resource: ['attachment'], operation: ['getAll'] } },
	properties,
);
