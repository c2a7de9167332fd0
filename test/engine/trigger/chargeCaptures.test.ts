import type { INodeParameters } from 'n8n-workflow';

import { startCandidApi } from '../../candid-api';
import type { CandidApi, ChargeCapture, ChargeCaptureStatus, World } from '../../candid-api';
import { pastedCredential } from '../storedCredential';
import { ActiveTrigger } from './activeTrigger';

const HOURS = 24;
const HOUR_MS = 60 * 60_000;

/** A claim creation that only one charge capture of a test has. */
const CLAIM_CREATION = 'b0000000-0000-4000-8000-000000000001';

const PARAMETERS: INodeParameters = { event: 'chargeCaptureWithoutDocumentation', hours: HOURS };

let api: CandidApi;
let trigger: ActiveTrigger;
let number = 0;

/** Time passes for n8n and Candid. */
let passedMs = 0;
const { now } = Date;

async function start(world: Partial<World> = {}, parameters = PARAMETERS): Promise<void> {
	api = await startCandidApi({ world, tokenLifetimeSeconds: 1_000_000 });
	trigger = new ActiveTrigger(pastedCredential(api), parameters);
	await trigger.activate();
}

beforeEach(() => {
	passedMs = 0;
	jest.spyOn(Date, 'now').mockImplementation(() => now() + passedMs);
});

afterEach(async () => {
	jest.restoreAllMocks();
	expect(trigger.errors).toEqual([]);
	await api.close();
});

function add(status: ChargeCaptureStatus = 'planned', claimCreationId?: string): ChargeCapture {
	const chargeExternalId = `NEW-${++number}`;
	return api.addChargeCapture({ chargeExternalId, status, claimCreationId });
}

/** Its encounter has another external ID. */
const bill = () =>
	api.addEncounter({ externalId: `ENC-${++number}`, claimCreationId: CLAIM_CREATION }).encounterId;

const attach = ({ chargeExternalId }: ChargeCapture, attachmentType = 'DOCUMENTATION') =>
	api.addAttachment({ chargeCaptureExternalId: chargeExternalId, attachmentType });

async function pollAfter(hours: number): Promise<void> {
	passedMs += hours * HOUR_MS;
	await trigger.poll();
}

const pendingOf = ({ progress }: ActiveTrigger) =>
	(progress as { state: { pending: Record<string, number> } }).state.pending;

const output = () => trigger.items.map(({ id }) => id);

const WORLDS: Array<Partial<World>> = [
	{ chargeCaptureList: 'at once' },
	{ chargeCaptureList: { lateMs: HOUR_MS } },
	{ chargeCaptureList: '404 until known' },
	{ chargeCaptureList: 'with an encounter', encounterTie: 'claim creation' },
];

describe.each(WORLDS)('with %j', (world) => {
	const isHidden = world.chargeCaptureList === 'with an encounter';

	it('outputs a charge capture whose encounter has no documentation', async () => {
		await start(world);
		const without = add('billable', CLAIM_CREATION);
		await trigger.poll();
		const encounterId = bill();
		await pollAfter(HOURS - 1);
		expect(output()).toEqual([]);
		await pollAfter(1.1);
		expect(trigger.items).toEqual([
			expect.objectContaining({ id: without.id, encounter_id: encounterId }),
		]);
		await pollAfter(100);
		expect(trigger.items).toHaveLength(1);
	});

	it('does not output one whose documentation is at the charge capture or the encounter', async () => {
		await start(world);
		const one = add('billable', CLAIM_CREATION);
		await trigger.poll();
		attach(one);
		const encounterId = bill();
		await pollAfter(HOURS + 1);
		await pollAfter(HOURS);
		const other = add('billable', CLAIM_CREATION);
		await trigger.poll();
		api.addAttachment({ encounterId });
		await pollAfter(HOURS + 1);
		await pollAfter(HOURS);
		expect(other.id).toBeDefined();
		expect(output()).toEqual([]);
	});

	it('without an encounter, waits until lists are known to show files', async () => {
		await start(world);
		const without = add();
		const documented = add();
		await trigger.poll();
		attach(documented);
		await pollAfter(HOURS + 1);
		await pollAfter(2);
		await pollAfter(2);
		expect(output()).toEqual(isHidden ? [] : [without.id]);
	});

	it('does not rely on lists because one showed a file of a charge capture with an encounter', async () => {
		await start({ ...world, chargeCaptureList: 'with an encounter' });
		const billed = add('billable', CLAIM_CREATION);
		const hidden = add();
		await trigger.poll();
		attach(billed, 'OTHER');
		attach(hidden);
		bill();
		await pollAfter(HOURS + 1);
		await pollAfter(2);
		expect(output()).toEqual([billed.id]);
	});
});

it('does not rely on lists because one showed a file of a charge capture whose encounter has its external ID', async () => {
	await start({ chargeCaptureList: 'with an encounter', encounterTie: 'external ID' });
	const linked = add();
	const hidden = add();
	await trigger.poll();
	attach(linked);
	attach(hidden);
	api.addEncounter({ externalId: linked.chargeExternalId });
	await pollAfter(HOURS + 1);
	await pollAfter(2);
	expect(output()).toEqual([]);
});

it('counts only attachments of the type Documentation', async () => {
	await start();
	const eob = add();
	const documented = add();
	await trigger.poll();
	attach(eob, 'EOB');
	attach(documented);
	await pollAfter(HOURS + 1);
	expect(output()).toEqual([eob.id]);
});

it.each(['aborted', 'entered-in-error', 'not-billable'] as const)(
	'does not output one that is %s',
	async (status) => {
		await start();
		add(status);
		attach(add());
		const without = add();
		await trigger.poll();
		await pollAfter(HOURS + 1);
		await pollAfter(2);
		expect(output()).toEqual([without.id]);
	},
);

it('does not check those that were added before the activation', async () => {
	await start();
	await pollAfter(HOURS + 1);
	await pollAfter(HOURS + 1);
	expect(output()).toEqual([]);
	expect(trigger.progress).toMatchObject({ state: { pending: {} } });
});

it('checks those that were added while n8n was off, counted from its start', async () => {
	await start();
	attach(add());
	const without = add();
	trigger.crash();
	passedMs += 100 * HOUR_MS;
	await trigger.activate();
	trigger.crash();
	passedMs += (HOURS - 1) * HOUR_MS;
	await trigger.activate();
	expect(output()).toEqual([]);
	await pollAfter(2);
	await pollAfter(2);
	expect(output()).toEqual([without.id]);
});

it('waits longer or shorter when Hours is changed', async () => {
	await start();
	attach(add());
	const without = add();
	await trigger.activate();
	await pollAfter(3);
	trigger.parameters = { ...PARAMETERS, hours: 2 };
	await trigger.activate();
	await pollAfter(2);
	expect(output()).toEqual([without.id]);
});

it('finds one that becomes visible late', async () => {
	await start();
	attach(add());
	const [, late] = [
		add(),
		api.addChargeCapture({ chargeExternalId: 'LATE', createdAt: '2025-01-12T00:00:00.000Z' }),
	];
	await trigger.poll();
	await pollAfter(HOURS + 1);
	await pollAfter(2);
	expect(output()).toContain(late.id);
});

it('checks all that were added to an empty list', async () => {
	await start({}, PARAMETERS);
	const { state } = trigger.progress as { state: object };
	trigger.saved = trigger.saved.replace(
		JSON.stringify(state),
		JSON.stringify({ ...state, known: [] }),
	);
	trigger.crash();
	for (let i = 0; i < 450; i++) add();
	await trigger.activate();
	// With the five that exist from the start.
	expect(Object.keys(pendingOf(trigger))).toHaveLength(455);
});

it('does not treat charge captures older than all known ones as new', async () => {
	const dayOf = (index: number) => new Date(Date.UTC(2026, 0, 1) + index * HOUR_MS).toISOString();
	api = await startCandidApi({ tokenLifetimeSeconds: 1_000_000 });
	trigger = new ActiveTrigger(pastedCredential(api), PARAMETERS);
	const addAt = (index: number) =>
		api.addChargeCapture({ chargeExternalId: `AT-${++number}`, createdAt: dayOf(index) }).id;
	for (let i = 0; i < 1_000; i++) addAt(i);
	await trigger.activate();
	// They become visible late, each on another page.
	const late = [950.5, 850.5, 750.5].map(addAt);
	const before = api.requests.length;
	await trigger.activate();
	expect(Object.keys(pendingOf(trigger)).sort()).toEqual([...late].sort());
	expect(api.requests.length - before).toBeLessThan(7);
});

it('outputs at most Max Items per Poll at a time', async () => {
	await start({}, { ...PARAMETERS, options: { maxItems: 2 } });
	attach(add());
	const ids = Array.from({ length: 5 }, () => add().id);
	await trigger.poll();
	for (let polls = 0; polls < 4; polls++) await pollAfter(HOURS + 2);
	expect(trigger.executions.map(({ length }) => length)).toEqual([2, 2, 1]);
	expect([...output()].sort()).toEqual([...ids].sort());
});

it('keeps its static data small, and warns when it no longer checks all', async () => {
	await start();
	const warn = jest.spyOn(trigger.logger, 'warn').mockImplementation();
	for (let i = 0; i < 4_950; i++) add();
	await trigger.poll();
	expect(warn).not.toHaveBeenCalled();
	for (let i = 0; i < 100; i++) add();
	await trigger.poll();
	expect(warn.mock.calls).toEqual([
		[
			'More than 5,000 charge captures are waiting for their documentation. The oldest are no longer checked.',
		],
	]);
	// A poll with 5,000 due ones checks 50 of them.
	const before = api.requests.length;
	await pollAfter(HOURS + 1);
	expect(api.requests.length - before).toBeLessThan(50 * 6);
	trigger.crash();
	await trigger.activate();
	expect(trigger.saved.length).toBeLessThan(300_000);
}, 120_000);
