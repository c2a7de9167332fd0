import type { INodeExecutionData, INodeType, IPollFunctions } from 'n8n-workflow';

import { CandidHealthTrigger } from '../../../nodes/CandidHealth/CandidHealthTrigger.node';
import { isN8n1 } from '../loadedN8n';
import { StoredCredential } from '../storedCredential';
import { ActiveTrigger } from './activeTrigger';

type Poll = (this: IPollFunctions) => Promise<INodeExecutionData[][] | null>;

const ITEM = [[{ json: { id: 1 } }]];

/** A workflow whose trigger polls with this function. */
function triggerThat(poll: Poll): ActiveTrigger {
	const { description } = new CandidHealthTrigger();
	const nodeType: INodeType = { description, poll };
	return new ActiveTrigger(new StoredCredential({}), {}, nodeType);
}

/** Facts about n8n's polling that the trigger relies on. */
describe('n8n', () => {
	it('polls in mode trigger, and in mode manual for a test event', async () => {
		const modes: string[] = [];
		const trigger = triggerThat(async function () {
			modes.push(`${this.getMode()} ${this.getActivationMode()}`);
			return ITEM;
		});
		await trigger.activate();
		await trigger.poll();
		await trigger.fetchTestEvent();
		expect(modes).toEqual(['trigger activate', 'trigger update', 'manual manual']);
	});

	it('starts an execution with what a poll returns, at activation too, and none for null', async () => {
		const answers = [ITEM, null, ITEM];
		const trigger = triggerThat(async () => answers.shift()!);
		await trigger.activate();
		await trigger.poll();
		expect(trigger.executions).toEqual([[{ id: 1 }]]);
		await trigger.poll();
		expect(trigger.executions).toHaveLength(2);
	});

	it('fails the activation if its poll fails, and records an error for any other', async () => {
		let fails = true;
		const trigger = triggerThat(async () => {
			if (fails) throw new Error('Not now');
			return null;
		});
		await expect(trigger.activate()).rejects.toThrow('Not now');
		expect(trigger.errors).toEqual([]);
		fails = false;
		await trigger.activate();
		fails = true;
		await trigger.poll();
		expect(trigger.errors.map(({ message }) => message)).toEqual(['Not now']);
	});

	it('starts a poll although the one before has not ended', async () => {
		let running = 0;
		let most = 0;
		const trigger = triggerThat(async () => {
			most = Math.max(most, ++running);
			await new Promise((resolve) => setImmediate(resolve));
			running--;
			return null;
		});
		await trigger.activate();
		await Promise.all([trigger.poll(), trigger.poll()]);
		expect(most).toBe(2);
	});

	it('keeps static data by the name of the node, the same object for all polls', async () => {
		const seen = new Set<object>();
		const trigger = triggerThat(async function () {
			const data = this.getWorkflowStaticData('node');
			seen.add(data);
			data.count = Number(data.count ?? 0) + 1;
			return ITEM;
		});
		await trigger.activate();
		await trigger.poll();
		expect(seen.size).toBe(1);
		expect(JSON.parse(trigger.saved)).toEqual({ 'node:Candid Health Trigger': { count: 2 } });
	});

	// n8n-core 1 has no check for this.
	(isN8n1 ? it.skip : it)(
		'drops the result of a poll that ends after the deactivation',
		async () => {
			let end = () => {};
			const polling = new Promise<void>((resolve) => (end = resolve));
			let isActivated = false;
			const trigger = triggerThat(async () => {
				if (!isActivated) return null;
				await polling;
				return ITEM;
			});
			await trigger.activate();
			isActivated = true;
			const poll = trigger.poll();
			trigger.crash();
			end();
			await poll;
			expect(trigger.executions).toEqual([]);
		},
	);
});
