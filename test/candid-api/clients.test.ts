import { startCandidApi, type CandidApi } from './index';
import {
	ATTACHMENTS_PATH,
	BY_CHARGE_CAPTURE_PATH,
	CHARGE_CAPTURES_PATH,
	CREATE_BY_CHARGE_CAPTURE_PATH,
	ENCOUNTERS_PATH,
} from './paths';

const A = { clientId: 'client-a', clientSecret: 'secret-a' };
const B = { clientId: 'client-b', clientSecret: 'secret-b' };

let api: CandidApi;

beforeAll(async () => {
	api = await startCandidApi({ ...A, clients: [B], fileLinks: 'redirect' });
});

beforeEach(() => api.reset());

afterAll(async () => await api.close());

async function send(clientId: string | undefined, target: string, init: RequestInit = {}) {
	const [method, path = ''] = target.split(' ');
	const headers = { authorization: `Bearer ${api.issueToken(clientId)}`, ...init.headers };
	return await fetch(api.url + path, { redirect: 'manual', ...init, method, headers });
}

async function create(clientId: string) {
	const body = new FormData();
	body.append('charge_capture_external_id', 'CC-1001');
	body.append('attachment_file', new File([clientId], 'a.txt', { type: 'text/plain' }));
	body.append('attachment_type', 'OTHER');
	return (await (
		await send(clientId, `POST ${CREATE_BY_CHARGE_CAPTURE_PATH}`, { body })
	).json()) as string;
}

async function signIn({ clientId, clientSecret }: typeof A) {
	return await fetch(`${api.url}/api/auth/v2/token`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ client_id: clientId, client_secret: clientSecret }),
	});
}

it.each([
	[A, 200],
	[B, 200],
	[{ clientId: 'client-a', clientSecret: 'secret-b' }, 401],
	[{ clientId: 'client-c', clientSecret: 'secret-a' }, 401],
])('a token request of %j answers %d', async (client, status) => {
	expect((await signIn(client)).status).toBe(status);
});

it('a client can list its files with its token', async () => {
	const id = await create(B.clientId);
	const token = ((await (await signIn(B)).json()) as { access_token: string }).access_token;
	const headers = { authorization: `Bearer ${token}` };

	const answer = await fetch(`${api.url}${BY_CHARGE_CAPTURE_PATH}/CC-1001`, { headers });
	expect(await answer.json()).toMatchObject([{ attachment_id: id }]);
});

it('a client sees only its own files, and api.attachments has those of all clients', async () => {
	const ids = [await create(A.clientId), await create(B.clientId), await create(A.clientId)];
	const seenBy = async (clientId?: string) => {
		const answer = await send(clientId, `GET ${BY_CHARGE_CAPTURE_PATH}/CC-1001`);
		return ((await answer.json()) as Array<{ attachment_id: string }>).map(
			(listed) => listed.attachment_id,
		);
	};

	expect(await seenBy(A.clientId)).toEqual([ids[0], ids[2]]);
	expect(await seenBy(B.clientId)).toEqual([ids[1]]);
	expect(await seenBy()).toEqual([ids[0], ids[2]]);
	expect(api.attachments.map((held) => [held.attachmentId, held.clientId])).toEqual([
		[ids[0], A.clientId],
		[ids[1], B.clientId],
		[ids[2], A.clientId],
	]);
});

it('another client’s file can be neither deleted nor opened', async () => {
	const id = await create(A.clientId);
	const init = {
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ attachment_id: id }),
	};

	for (const [clientId, statuses] of [
		[B.clientId, [404, 404]],
		[A.clientId, [302, 200]],
	] as const) {
		const opened = await send(clientId, `GET /files/${id}`);
		const deleted = await send(clientId, `DELETE ${BY_CHARGE_CAPTURE_PATH}/CC-1001`, init);
		expect([opened.status, deleted.status]).toEqual(statuses);
	}
});

it('another client’s charge captures and encounters answer 404 and are not listed', async () => {
	const { clientId } = B;
	const { id } = api.addChargeCapture({ chargeExternalId: 'CC-B', clientId });
	const { encounterId } = api.addEncounter({ externalId: 'CC-B', clientId });
	const paths = [
		`${CHARGE_CAPTURES_PATH}/${id}`,
		`${ENCOUNTERS_PATH}/${encounterId}`,
		`${ATTACHMENTS_PATH}/${encounterId}`,
	];
	const statuses = async (client: string) =>
		await Promise.all(paths.map(async (path) => (await send(client, `GET ${path}`)).status));
	const count = async (client: string, path: string) => {
		const answer = await send(client, `GET ${path}`);
		return ((await answer.json()) as { items: unknown[] }).items.length;
	};

	expect(await statuses(A.clientId)).toEqual([404, 404, 404]);
	expect(await statuses(clientId)).toEqual([200, 200, 200]);
	expect([
		await count(A.clientId, CHARGE_CAPTURES_PATH),
		await count(A.clientId, ENCOUNTERS_PATH),
	]).toEqual([5, 3]);
	expect([
		await count(clientId, CHARGE_CAPTURES_PATH),
		await count(clientId, ENCOUNTERS_PATH),
	]).toEqual([1, 1]);
});

it('an encounter is associated only with files of its own client', () => {
	const mine = api.addAttachment({ chargeCaptureExternalId: 'CC-T', clientId: B.clientId });
	const other = api.addAttachment({ chargeCaptureExternalId: 'CC-T' });
	const { encounterId } = api.addEncounter({ externalId: 'CC-T', clientId: B.clientId });

	expect([mine.encounterId, other.encounterId]).toEqual([encounterId, undefined]);
	expect([mine.clientId, other.clientId]).toEqual([B.clientId, A.clientId]);
});

it.each<[string, () => unknown]>([
	['a token', () => api.issueToken('client-c')],
	['a file', () => api.addAttachment({ encounterId: '1', clientId: 'client-c' })],
	['a charge capture', () => api.addChargeCapture({ chargeExternalId: '1', clientId: 'client-c' })],
	['an encounter', () => api.addEncounter({ externalId: '1', clientId: 'client-c' })],
])('adding %s for an unknown client throws', (_name, add) => {
	expect(add).toThrow('client-c');
});

it('two clients cannot have the same ID', async () => {
	await expect(startCandidApi({ ...A, clients: [B, A] })).rejects.toThrow('client-a');
});
