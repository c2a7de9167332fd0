import 'reflect-metadata';
import { randomUUID } from 'node:crypto';

import { Container } from '@n8n/di';
import {
	BinaryDataConfig,
	BinaryDataService,
	DirectoryLoader,
	ExecutionLifecycleHooks,
	RoutingNode,
	WorkflowExecute,
} from 'n8n-core';
import type { ExecuteContext } from 'n8n-core';
import { Workflow } from 'n8n-workflow';
import type {
	IBinaryData,
	IConnections,
	IExecuteFunctions,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	INodeTypes,
	IPinData,
	IRun,
	IWorkflowExecuteAdditionalData,
	IWorkflowSettings,
} from 'n8n-workflow';

import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';
import { isN8n1 } from './loadedN8n';
import { StoredCredential } from './storedCredential';
import { MemoryDatabase } from './memoryDatabase';

export type BinaryMode = 'default' | 'filesystem' | 'database';

/** An upstream item: its JSON, and the files of its binary fields. */
export interface InputItem {
	json?: INodeExecutionData['json'];
	files?: Record<string, InputFile>;
	/** values that are put into binary fields unchanged, valid or not */
	raw?: Record<string, unknown>;
}

export interface InputFile {
	bytes: Buffer;
	fileName?: string;
	mimeType?: string;
	/** fields that are added to the binary value, or replace what n8n has recorded */
	recorded?: Record<string, unknown>;
	/** called with the path under which n8n keeps the file, in filesystem mode */
	afterStoring?: (path: string) => void;
}

export interface RunSettings {
	items: InputItem[];
	parameters?: INodeParameters;
	/** node settings: onError, retryOnFail, executeOnce, … */
	node?: Partial<INode>;
	credential: StoredCredential;
	binaryMode?: BinaryMode;
	workflow?: IWorkflowSettings;
	/** when it resolves, the execution is aborted, as 'Stop execution' does */
	cancelWhen?: Promise<unknown>;
}

export interface RunResult {
	run: IRun;
	/** items of the node's main output */
	output: INodeExecutionData[];
	/** items of the error output, with On Error 'Continue (using error output)' */
	errors: INodeExecutionData[];
	/** the failed execution's error */
	error?: { message: string; description?: string | null };
}

/** The name of the node under test in every workflow. */
const CANDID = 'Candid Health';

const UPLOAD: INodeParameters = {
	resource: 'attachment',
	operation: 'upload',
	attachTo: 'chargeCapture',
	chargeCaptureExternalId: { __rl: true, mode: 'id', value: 'CC-1001' },
	attachmentType: 'DOCUMENTATION',
	binaryPropertyName: 'data',
	additionalFields: {},
	options: {},
};

/** Runs 'items → Candid Health: Upload' in n8n's own execution engine, over real HTTP. */
export async function runUpload(settings: RunSettings): Promise<RunResult> {
	return await runNode(new CandidHealth(), {
		...settings,
		parameters: { ...UPLOAD, ...settings.parameters },
	});
}

/** Runs 'items → a declarative node'. */
export async function runNode(nodeType: INodeType, settings: RunSettings): Promise<RunResult> {
	await useBinaryMode(settings.binaryMode ?? 'filesystem');
	const candid = candidNode(settings.parameters ?? {}, settings.node);
	const items: INode = {
		id: 'items',
		name: 'Items',
		type: 'test.items',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	};
	const workflow = new Workflow({
		id: 'workflow',
		name: 'Upload',
		nodes: [items, candid],
		connections: { Items: { main: [[{ node: candid.name, type: 'main', index: 0 }]] } },
		active: false,
		nodeTypes: nodeTypesFor(nodeType, settings.items),
		settings: { executionOrder: 'v1', ...settings.workflow },
	});
	return await execute(workflow, items, settings);
}

/** The node under test, as a part of a workflow. */
export const candidNode = (parameters: INodeParameters, more: Partial<INode> = {}): INode => ({
	id: 'candid',
	name: CANDID,
	type: 'n8n-nodes-candid-health.candidHealth',
	typeVersion: 1,
	position: [200, 0],
	parameters,
	credentials: { candidHealthApi: { id: '1', name: 'Candid Health' } },
	...more,
});

/** A workflow as n8n exports it. Its pinned data are the input and the expected output of Candid Health. */
export interface WorkflowFile {
	name: string;
	nodes: INode[];
	connections: IConnections;
	pinData: Record<string, INodeExecutionData[]>;
}

/** Runs an exported workflow that consists of a manual trigger, with pinned items, and Candid Health. */
export async function runWorkflowFile(
	file: WorkflowFile,
	credential: StoredCredential,
): Promise<RunResult> {
	await useBinaryMode('filesystem');
	const [trigger] = file.nodes;
	const workflow = new Workflow({
		id: 'workflow',
		...file,
		active: false,
		nodeTypes: nodeTypesFor(new CandidHealth(), []),
		settings: { executionOrder: 'v1' },
	});
	const pinData = { [trigger!.name]: file.pinData[trigger!.name]! };
	return await execute(workflow, trigger!, { credential, pinData });
}

async function execute(
	workflow: Workflow,
	startNode: INode,
	settings: Pick<RunSettings, 'credential' | 'cancelWhen'> & { pinData?: IPinData },
): Promise<RunResult> {
	const execution = startRun(
		new WorkflowExecute(additionalData(settings.credential), 'manual'),
		workflow,
		startNode,
		settings.pinData,
	);
	void settings.cancelWhen?.then(() => execution.cancel());
	const run = await execution;
	const [main, errors] = run.data.resultData.runData[CANDID]?.[0]?.data?.main ?? [];
	return {
		run,
		output: main ?? [],
		errors: errors ?? [],
		error: run.data.resultData.error,
	};
}

type Execution = ReturnType<WorkflowExecute['run']>;

/** `run` has separate parameters in n8n 1, and one object in n8n 2. */
function startRun(
	engine: WorkflowExecute,
	workflow: Workflow,
	startNode: INode,
	pinData?: IPinData,
): Execution {
	if (!isN8n1) return engine.run({ workflow, startNode, pinData });
	const ofN8n1 = engine as unknown as {
		run(
			workflow: Workflow,
			startNode: INode,
			destination: undefined,
			pinData?: IPinData,
		): Execution;
	};
	return ofN8n1.run(workflow, startNode, undefined, pinData);
}

/** The bytes of a file in a node's output. */
export async function binaryContent(binary: IBinaryData): Promise<Buffer> {
	return await Container.get(BinaryDataService).getAsBuffer(binary);
}

export function nodeTypesFor(candid: INodeType, items: InputItem[]): INodeTypes {
	// n8n's loader and its registry of node types do this with a declarative node.
	DirectoryLoader.applyDeclarativeNodeOptionParameters(candid);
	candid.execute = async function () {
		return (await new RoutingNode(this as ExecuteContext, candid).runNode()) ?? [];
	};
	const types: Record<string, INodeType> = {
		'test.items': itemsNode(items),
		'n8n-nodes-base.manualTrigger': itemsNode(items),
		'n8n-nodes-candid-health.candidHealth': candid,
		'n8n-nodes-candid-health.candidHealthTool': candid,
	};
	const byName = (type: string) => {
		const found = types[type];
		if (!found) throw new Error(`No node of the type ${type} here`);
		return found;
	};
	return { getByName: byName, getByNameAndVersion: byName, getKnownTypes: () => ({}) };
}

function itemsNode(items: InputItem[]): INodeType {
	return {
		description: {
			displayName: 'Items',
			name: 'items',
			group: ['trigger'],
			version: 1,
			description: 'Starts a workflow with the items of the test',
			defaults: { name: 'Items' },
			inputs: [],
			outputs: ['main'],
			properties: [],
		},
		async execute(this: IExecuteFunctions) {
			const out = await Promise.all(
				items.map(async ({ json = {}, files = {}, raw = {} }): Promise<INodeExecutionData> => {
					const entries = Object.entries(files).map(async ([field, file]) => {
						const binary = await this.helpers.prepareBinaryData(
							file.bytes,
							file.fileName,
							file.mimeType ?? 'application/octet-stream',
						);
						file.afterStoring?.(this.helpers.getBinaryPath(binary.id!));
						return [field, { ...binary, ...file.recorded } as IBinaryData] as const;
					});
					const rawEntries = Object.entries(raw) as Array<[string, IBinaryData]>;
					return {
						json,
						binary: Object.fromEntries([...(await Promise.all(entries)), ...rawEntries]),
					};
				}),
			);
			return [out];
		},
	};
}

/** @param executionId default: a new one */
export function additionalData(
	credential: StoredCredential,
	executionId: string = randomUUID(),
): IWorkflowExecuteAdditionalData {
	const data: Partial<IWorkflowExecuteAdditionalData> = {
		credentialsHelper: credential,
		executionId,
		currentNodeExecutionIndex: 0,
		variables: {},
		instanceBaseUrl: 'http://localhost/',
		webhookWaitingBaseUrl: 'http://localhost/webhook-waiting',
		formWaitingBaseUrl: 'http://localhost/form-waiting',
		hooks: new ExecutionLifecycleHooks('manual', executionId, {
			id: 'workflow',
			name: 'Upload',
			active: false,
			activeVersionId: null,
			isArchived: false,
			createdAt: new Date(),
			updatedAt: new Date(),
			nodes: [],
			connections: {},
		}),
	};
	return data as IWorkflowExecuteAdditionalData;
}

async function useBinaryMode(mode: BinaryMode): Promise<void> {
	const service = Container.get(BinaryDataService);
	Container.get(BinaryDataConfig).mode = mode;
	await service.init();
	if (mode === 'database') service.setManager('database', new MemoryDatabase());
}
