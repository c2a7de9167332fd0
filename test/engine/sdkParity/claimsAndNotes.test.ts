import { CandidApi as Candid, serialization } from 'candidhealth';
import type { INodeParameters, INodePropertyOptions } from 'n8n-workflow';

import { CandidHealth } from '../../../nodes/CandidHealth/CandidHealth.node';
import { body } from '../../candid-api/sdkAnswer';
import { ENCOUNTER, FIRST_ATTACHMENT, UUID, locator } from '../fixtures';
import { AS_IS, api, client, node, recorded } from './compare';

const { AttachmentInclusion, SupplementalInformationId } =
	Candid.encounterSupplementalInformation.v1;

type ClaimEntry = Candid.encounterSupplementalInformation.v1.CreateSupplementalInformationRequest;

const OF = Candid.EncounterId(ENCOUNTER);

const SEND_WITH_CLAIM: INodeParameters = {
	resource: 'attachment',
	operation: 'sendWithClaim',
	encounter: locator(ENCOUNTER),
	attachmentId: locator(FIRST_ATTACHMENT),
};

/** The same entry in the SDK's words and in the node's. */
const ENTRIES = Object.values(Candid.ReportTypeCode).map((code, index) => {
	const transmissions = Object.values(Candid.ReportTransmissionCode);
	const inclusions = Object.values(AttachmentInclusion);
	const transmission = transmissions[index % transmissions.length]!;
	const inclusion = inclusions[index % inclusions.length]!;
	const number = index % 2 === 0 ? `ACN ${index} (ü)` : undefined;
	const entry: ClaimEntry = {
		attachmentId: Candid.encounterAttachments.v1.AttachmentId(FIRST_ATTACHMENT),
		attachmentReportTypeCode: code,
		attachmentTransmissionCode: transmission,
		...(number === undefined ? {} : { attachmentControlNumber: number }),
		attachmentInclusion: inclusion,
	};
	const parameters: INodeParameters = {
		...SEND_WITH_CLAIM,
		reportType: code,
		transmission,
		inclusion,
		claimFields: number === undefined ? {} : { controlNumber: number },
	};
	return { code, entry, parameters };
});

/** In Candid's own JSON. */
const entryJson = (entry: Candid.encounterSupplementalInformation.v1.SupplementalInformation) =>
	serialization.encounterSupplementalInformation.v1.SupplementalInformation.jsonOrThrow(
		entry,
		AS_IS,
	);

const addAttachment = () =>
	api.addAttachment({ encounterId: ENCOUNTER, attachmentId: FIRST_ATTACHMENT });

it.each(ENTRIES)('an entry of type $code by the node equals that by the SDK', async (how) => {
	const { v1 } = client.encounterSupplementalInformation;
	addAttachment();
	const bySdk = await recorded(async () => {
		const listed = await body(v1.get(OF));
		expect(listed).toEqual([]);
		return entryJson(await body(v1.create(OF, how.entry)));
	});
	api.reset();
	addAttachment();
	const byNode = await recorded(async () => await node(how.parameters));

	expect(byNode.requests).toEqual(bySdk.requests);
	const newId = { supplemental_information_id: expect.stringMatching(UUID) as string };
	const expected = { ...(bySdk.result as object), ...newId };
	expect(byNode.result.map(({ json }) => json)).toEqual([expected]);
});

it('a change of an entry by the node equals that by the SDK', async () => {
	const { v1 } = client.encounterSupplementalInformation;
	const [{ entry, parameters }] = ENTRIES as [(typeof ENTRIES)[number]];
	const supplementalInformationId = 'a5500000-0000-4000-8000-000000000001';
	const seed = () => {
		addAttachment();
		const ids = { supplementalInformationId, attachmentId: FIRST_ATTACHMENT };
		api.addSupplementalInformation({ encounterId: ENCOUNTER, ...ids });
	};
	seed();
	const bySdk = await recorded(async () => {
		await body(v1.get(OF));
		const id = SupplementalInformationId(supplementalInformationId);
		return entryJson(await body(v1.update(OF, id, entry)));
	});
	api.reset();
	seed();
	const byNode = await recorded(async () => await node(parameters));

	expect(byNode.requests).toEqual(bySdk.requests);
	expect(byNode.result.map(({ json }) => json)).toEqual([bySdk.result]);
});

it.each(['Records sent.', 'a "b" \\ ü 診療 😀', ' first\nsecond\r\nthird '])(
	'the billing note %j by the node equals that by the SDK',
	async (text) => {
		const bySdk = await recorded(async () => {
			await body(client.encounters.v4.get(OF));
			const note = await body(client.billingNotes.v2.create({ encounterId: OF, text }));
			return serialization.billingNotes.v2.BillingNote.jsonOrThrow(note, AS_IS) as object;
		});
		api.reset();
		const byNode = await recorded(
			async () =>
				await node({
					resource: 'billingNote',
					operation: 'create',
					encounter: locator(ENCOUNTER),
					text,
				}),
		);

		expect(byNode.requests).toEqual(bySdk.requests);
		const isNew = {
			billing_note_id: expect.stringMatching(UUID) as string,
			created_at: expect.any(String) as string,
		};
		expect(byNode.result.map(({ json }) => json)).toEqual([{ ...bySdk.result, ...isNew }]);
	},
);

describe('the options of Send with Claim', () => {
	const { properties } = new CandidHealth().description;
	const optionsOf = (name: string) =>
		properties.find((property) => property.name === name)!.options as INodePropertyOptions[];

	it.each([
		['reportType', Candid.ReportTypeCode],
		['transmission', Candid.ReportTransmissionCode],
		['inclusion', AttachmentInclusion],
	])('%s has every value of the SDK once, and no other', (name, values) => {
		const offered = optionsOf(name).map(({ value }) => value);
		expect(offered.sort()).toEqual(Object.values(values).sort());
	});

	it('report types are in alphabetical order, each with its code', () => {
		const names = optionsOf('reportType').map(({ name }) => name);
		expect(names).toHaveLength(61);
		expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b)));
		for (const { name, value } of optionsOf('reportType')) {
			expect(name).toMatch(/^[A-Z][\w ',/-]+ \(\w\w\)$/);
			expect(name).toContain(`(${value})`);
		}
		expect(names).toContain('Laboratory Results (LA)');
	});

	it('no report type is selected at first, and documents go out electronically, with the next submission', () => {
		const defaults = ['reportType', 'transmission', 'inclusion'].map(
			(name) => properties.find((property) => property.name === name)!.default,
		);
		expect(defaults).toEqual(['', 'EL', 'included_on_next_submission']);
	});
});
