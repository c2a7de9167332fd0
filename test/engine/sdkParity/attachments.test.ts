import { CandidApi as Candid, serialization } from 'candidhealth';
import type { INodeParameters } from 'n8n-workflow';

import { body } from '../../candid-api/sdkAnswer';
import type { AttachmentSeed } from '../../candid-api';
import { DOCX_TYPE, XLSX_TYPE, csv, docx, jpeg, note, png, xlsx } from '../../files/contents';
import { ENCOUNTER, FIRST_ATTACHMENT, SECOND_ATTACHMENT, locator } from '../fixtures';
import { binaryContent } from '../harness';
import { AS_IS, EXTERNAL_IDS, SPECIAL_CHARACTERS, api, client, node, recorded } from './compare';

const { AttachmentId, EncounterAttachmentType } = Candid.encounterAttachments.v1;

type AttachmentType = Candid.encounterAttachments.v1.EncounterAttachmentType;

const BYTES = Buffer.from('%PDF-1.4 süperbill\r\n');

/** A charge capture or an encounter, for the node and for the SDK. */
interface Parent {
	parameters: INodeParameters;
	seed: Pick<AttachmentSeed, 'chargeCaptureExternalId' | 'encounterId'>;
	create: (
		file: File,
		request: { attachmentType: AttachmentType; description?: string },
	) => Promise<string>;
	/** in Candid's own JSON */
	list: () => Promise<Array<{ attachment_id: string; authed_url: string }>>;
	remove: (attachmentId: string) => Promise<void>;
}

const chargeCapture = (chargeCaptureExternalId: string): Parent => ({
	parameters: {
		attachTo: 'chargeCapture',
		chargeCaptureExternalId: locator(chargeCaptureExternalId),
	},
	seed: { chargeCaptureExternalId },
	create: async (file, request) =>
		await body(
			client.encounterAttachments.v1.createWithChargeCaptureExternalId(file, {
				chargeCaptureExternalId,
				...request,
			}),
		),
	list: async () => {
		const { v1 } = client.encounterAttachments;
		const { ChargeCaptureAttachment } = serialization.encounterAttachments.v1;
		const found = await body(v1.getByChargeCaptureExternalId(chargeCaptureExternalId));
		return found.map((entry) => ChargeCaptureAttachment.jsonOrThrow(entry, AS_IS));
	},
	remove: async (attachmentId) =>
		await body(
			client.encounterAttachments.v1.deleteByChargeCaptureExternalId(chargeCaptureExternalId, {
				attachmentId: AttachmentId(attachmentId),
			}),
		),
});

const encounter: Parent = {
	parameters: { attachTo: 'encounter', encounterId: locator(ENCOUNTER) },
	seed: { encounterId: ENCOUNTER },
	create: async (file, request) => {
		const { v1 } = client.encounterAttachments;
		return await body(v1.createWithDescription(file, Candid.EncounterId(ENCOUNTER), request));
	},
	list: async () => {
		const { EncounterAttachment } = serialization.encounterAttachments.v1;
		const found = await body(client.encounterAttachments.v1.get(Candid.EncounterId(ENCOUNTER)));
		return found.map((entry) => EncounterAttachment.jsonOrThrow(entry, AS_IS));
	},
	remove: async (attachmentId) =>
		await body(
			client.encounterAttachments.v1.delete(Candid.EncounterId(ENCOUNTER), {
				attachmentId: AttachmentId(attachmentId),
			}),
		),
};

const encounterByAddress: Parent = {
	...encounter,
	parameters: {
		attachTo: 'encounter',
		encounterId: locator(`https://app.example.com/encounters/${ENCOUNTER}/claims`, 'url'),
	},
};

/** By the deprecated endpoint, which accepts no description: the SDK cannot send one, the node sends none. */
const encounterV1: Parent = {
	...encounter,
	parameters: { ...encounter.parameters, options: { endpointVersion: 'v1' } },
	create: async (file, { attachmentType }) => {
		const { v1 } = client.encounterAttachments;
		return await body(v1.create(file, Candid.EncounterId(ENCOUNTER), { attachmentType }));
	},
};

const CHARGE_CAPTURES = EXTERNAL_IDS.map((id) => ({
	name: `the charge capture ${id}`,
	parent: chargeCapture(id),
}));
const PARENTS = [
	...CHARGE_CAPTURES,
	{ name: 'the encounter', parent: encounter },
	{ name: 'the encounter at an address', parent: encounterByAddress },
];

/** Adds the two attachments, unless they exist already. */
function ensureAttachments({ seed: parent }: Parent): void {
	const existing = api.attachments.map(({ attachmentId }) => attachmentId);
	const seeds: Array<AttachmentSeed & { attachmentId: string }> = [
		{
			attachmentId: FIRST_ATTACHMENT,
			fileName: 'Befund – Übersicht.pdf',
			description: 'Größe',
			bytes: BYTES,
		},
		{ attachmentId: SECOND_ATTACHMENT, fileName: 'labs.csv', contentType: 'text/csv' },
	];
	for (const seed of seeds.filter(({ attachmentId }) => !existing.includes(attachmentId))) {
		api.addAttachment({ ...parent, ...seed, createdAt: '2025-02-01T12:00:00.000Z' });
	}
}

describe('an upload by the node equals one by the SDK', () => {
	const superbill = { fileName: 'süper bill.pdf', contentType: 'application/pdf', bytes: BYTES };
	const files = [
		superbill,
		{ fileName: 'Befund – "Übersicht".pdf', contentType: 'application/pdf', bytes: BYTES },
		{ fileName: "50% of 1+1; it's #7.png", contentType: 'image/png', bytes: png('ü') },
		{ fileName: 'תוצאות.jpg', contentType: 'image/jpeg', bytes: jpeg('ü') },
		{ fileName: '診療 😀.txt', contentType: 'text/plain', bytes: note() },
		{ fileName: 'decomposed e\u0301.csv', contentType: 'text/csv', bytes: csv() },
		{
			fileName: 'letter.docx',
			contentType: DOCX_TYPE,
			bytes: docx(),
		},
		{ fileName: 'rows.xlsx', contentType: XLSX_TYPE, bytes: xlsx() },
	];
	// Without line breaks: the SDK changes each to CRLF, and the node sends them as they are.
	const descriptions = [undefined, `Größe “XL” ${SPECIAL_CHARACTERS} 😀`];
	const places = [
		...PARENTS,
		{ name: 'the encounter by the deprecated endpoint', parent: encounterV1 },
	];
	const cases = places.flatMap((place) => {
		// The form does not depend on the external ID.
		const isOneOfMany = CHARGE_CAPTURES.indexOf(place) > 0;
		return [
			...(isOneOfMany ? [] : files).map((file) => ({ ...place, file })),
			...(isOneOfMany ? [] : Object.values(EncounterAttachmentType)).map((attachmentType) => ({
				...place,
				attachmentType,
			})),
			...descriptions.map((description) => ({ ...place, description })),
		].map((one) => ({ file: superbill, attachmentType: 'DOCUMENTATION' as const, ...one }));
	});

	it.each<(typeof cases)[number] & { description?: string }>(cases)(
		'of $file.fileName as $attachmentType to $name, described: $description',
		async ({ parent, file: { fileName, contentType, bytes }, attachmentType, description }) => {
			const file = new File([Uint8Array.from(bytes)], fileName, { type: contentType });
			const bySdk = await recorded(
				async () => await parent.create(file, { attachmentType, description }),
			);
			const byNode = await recorded(
				async () =>
					await node(
						{
							resource: 'attachment',
							operation: 'upload',
							...parent.parameters,
							attachmentType,
							binaryPropertyName: 'data',
							additionalFields: description === undefined ? {} : { description },
						},
						{ files: { data: { bytes, fileName, mimeType: contentType } } },
					),
			);

			expect(byNode.requests).toEqual(bySdk.requests);
			expect(bySdk.requests).toHaveLength(1);
			expect(bySdk.requests[0]!.form).toContainEqual({
				name: 'attachment_file',
				fileName: fileName.replaceAll('"', '%22'),
				contentType,
				size: bytes.length,
			});
			const [sdks, nodes, ...others] = api.attachments;
			expect(others).toEqual([]);
			expect(nodes).toEqual({
				...sdks,
				attachmentId: nodes!.attachmentId,
				createdAt: nodes!.createdAt,
			});
			expect(bySdk.result).toBe(sdks!.attachmentId);
			expect(byNode.result.map(({ json }) => json.attachment_id)).toEqual([nodes!.attachmentId]);
		},
	);
});

it.each(PARENTS)(
	'the list of the attachments of $name by the node equals that by the SDK',
	async ({ parent }) => {
		ensureAttachments(parent);
		const bySdk = await recorded(parent.list);
		const byNode = await recorded(
			async () =>
				await node({
					resource: 'attachment',
					operation: 'getAll',
					...parent.parameters,
					returnAll: true,
					simplify: false,
				}),
		);

		expect(byNode.requests).toEqual(bySdk.requests);
		expect(byNode.result.map(({ json }) => json)).toEqual(bySdk.result);
		expect(bySdk.result.map((entry) => entry.attachment_id)).toEqual([
			FIRST_ATTACHMENT,
			SECOND_ATTACHMENT,
		]);
	},
);

it.each(PARENTS)('a download from $name by the node equals one by the SDK', async ({ parent }) => {
	ensureAttachments(parent);
	// The SDK returns only the link, which its user opens.
	const bySdk = await recorded(async () => {
		const [first] = await parent.list();
		const answer = await fetch(first!.authed_url);
		return Buffer.from(await answer.arrayBuffer());
	});
	const byNode = await recorded(
		async () =>
			await node({
				resource: 'attachment',
				operation: 'download',
				...parent.parameters,
				attachmentId: locator(FIRST_ATTACHMENT),
				binaryPropertyName: 'data',
			}),
	);

	expect(byNode.requests).toEqual(bySdk.requests);
	expect(byNode.requests.map(({ server }) => server)).toEqual(['api', 'files']);
	expect(byNode.result.map(({ json }) => json.attachment_id)).toEqual([FIRST_ATTACHMENT]);
	expect(await binaryContent(byNode.result[0]!.binary!.data!)).toEqual(bySdk.result);
	expect(bySdk.result).toEqual(BYTES);
});

it.each(PARENTS)('a delete from $name by the node equals one by the SDK', async ({ parent }) => {
	const remaining = () => api.attachments.map(({ attachmentId }) => attachmentId);
	ensureAttachments(parent);
	const bySdk = await recorded(async () => await parent.remove(FIRST_ATTACHMENT));
	expect(remaining()).toEqual([SECOND_ATTACHMENT]);

	ensureAttachments(parent);
	const byNode = await recorded(
		async () =>
			await node({
				resource: 'attachment',
				operation: 'delete',
				...parent.parameters,
				attachmentId: locator(FIRST_ATTACHMENT),
			}),
	);
	expect(remaining()).toEqual([SECOND_ATTACHMENT]);

	expect(byNode.requests).toEqual(bySdk.requests);
	expect(byNode.requests.map(({ json }) => json)).toEqual([{ attachment_id: FIRST_ATTACHMENT }]);
	expect(byNode.result.map(({ json }) => json)).toEqual([{ deleted: true }]);
	expect(bySdk.result).toBeUndefined();
});
