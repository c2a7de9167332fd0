import { Container } from '@n8n/di';
import { PollContext, PollTriggerExecutor } from 'n8n-core';
import { Workflow } from 'n8n-workflow';
import type {
	IDataObject,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	IPollFunctions,
	WorkflowActivateMode,
	WorkflowExecuteMode,
} from 'n8n-workflow';

import { CandidHealthTrigger } from '../../../nodes/CandidHealth/CandidHealthTrigger.node';
import { additionalData } from '../harness';
import { isN8n1 } from '../loadedN8n';
import type { StoredCredential } from '../storedCredential';

const NAME = 'Candid Health Trigger';

/**
 * A workflow with the trigger, polled by n8n-core's own machinery. What n8n itself adds is here as in n8n
 * 2.41.1 (`trigger-execution-context.factory.js`, `workflow-trigger-activator.js`; test/n8n runs the real
 * one): static data is saved when a poll has output and when a workflow was activated, and only then.
 */
export class ActiveTrigger {
	/** the workflow's static data as n8n's database has it */
	saved = '{}';

	/** the items of every execution that was started */
	readonly executions: IDataObject[][] = [];

	/** for what an error execution was recorded, which starts the error workflow */
	readonly errors: Error[] = [];

	private workflow?: Workflow;

	private generation = 0;

	constructor(
		private readonly credential: StoredCredential,
		public parameters: INodeParameters,
		private readonly nodeType: INodeType = new CandidHealthTrigger(),
	) {}

	/** n8n's logger, which all nodes share. */
	get logger() {
		return this.context(this.newWorkflow('{}'), 'trigger', 'update').logger;
	}

	/** All items of all executions. */
	get items(): IDataObject[] {
		return this.executions.flat();
	}

	/** What the node itself has saved. */
	get progress(): unknown {
		return (JSON.parse(this.saved) as Record<string, { progress?: unknown }>)[`node:${NAME}`]
			?.progress;
	}

	/** Activates the workflow, or starts n8n: the trigger is polled. @throws what the poll throws */
	async activate(): Promise<void> {
		this.generation++;
		this.workflow = this.newWorkflow(this.saved);
		await this.tick(this.workflow, true);
		this.save(this.workflow);
	}

	/** A poll at its time. */
	async poll(): Promise<void> {
		if (!this.workflow) throw new Error('The workflow is not active');
		await this.tick(this.workflow, false);
	}

	/** Ends n8n: what is only in memory is lost. A poll in progress has no effect any more. */
	crash(): void {
		this.generation++;
		this.workflow = undefined;
	}

	/** 'Fetch Test Event'. */
	async fetchTestEvent(): Promise<IDataObject[] | null> {
		const workflow = this.newWorkflow(this.saved);
		const poll = this.nodeType.poll!;
		const before = JSON.stringify(workflow.staticData);
		const data = await poll.call(this.context(workflow, 'manual', 'manual'));
		expect(JSON.stringify(workflow.staticData)).toBe(before);
		return data && jsonOf(data);
	}

	private async tick(workflow: Workflow, isActivation: boolean): Promise<void> {
		const { generation } = this;
		const isCurrent = () => generation === this.generation;
		const mode = isActivation ? 'activate' : 'update';
		const context = this.context(workflow, 'trigger', mode);
		const node = workflow.getNode(NAME)!;
		if (isN8n1) await pollAsN8n1(this.nodeType, context, isActivation);
		else {
			const executor = Container.get(PollTriggerExecutor);
			await executor.create(workflow, node, context, isCurrent)(isActivation);
		}
	}

	private context(workflow: Workflow, mode: WorkflowExecuteMode, activation: WorkflowActivateMode) {
		return new PollContext(
			workflow,
			workflow.getNode(NAME)!,
			additionalData(this.credential),
			mode,
			activation,
			(data) => {
				this.save(workflow);
				this.executions.push(jsonOf(data));
			},
			(error) => this.errors.push(error),
		);
	}

	private save(workflow: Workflow): void {
		if ((workflow.staticData as { __dataChanged?: boolean }).__dataChanged !== true) return;
		this.saved = JSON.stringify(workflow.staticData);
		(workflow.staticData as { __dataChanged?: boolean }).__dataChanged = false;
	}

	private newWorkflow(staticData: string): Workflow {
		const node: INode = {
			id: 'trigger',
			name: NAME,
			type: 'n8n-nodes-candid-health.candidHealthTrigger',
			typeVersion: 1,
			position: [0, 0],
			parameters: structuredClone(this.parameters),
			credentials: { candidHealthApi: { id: '1', name: 'Candid Health' } },
		};
		const types = () => this.nodeType;
		return new Workflow({
			id: 'workflow',
			name: 'Triggered',
			nodes: [node],
			connections: {},
			active: true,
			nodeTypes: { getByName: types, getByNameAndVersion: types, getKnownTypes: () => ({}) },
			staticData: JSON.parse(staticData) as IDataObject,
			settings: { executionOrder: 'v1' },
		});
	}
}

const jsonOf = (data: INodeExecutionData[][]) => data[0]!.map(({ json }) => json);

/** What `ActiveWorkflows` of n8n-core 1.123.81 does with a poll. It does not export the class. */
async function pollAsN8n1(
	{ poll }: INodeType,
	context: IPollFunctions,
	isActivation: boolean,
): Promise<void> {
	try {
		const data = await poll!.call(context);
		if (data !== null) context.__emit(data);
	} catch (error) {
		if (isActivation) throw error;
		context.__emitError(error as Error);
	}
}
