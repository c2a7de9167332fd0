import { CandidApi as Candid, serialization } from 'candidhealth';
import type { INodeParameters } from 'n8n-workflow';

import { body } from '../../candid-api/sdkAnswer';
import { binaryContent } from '../harness';
import { AS_IS, PATIENT_OF_MANY, SPECIAL_CHARACTERS, api, client, node, recorded } from './compare';

const DATES = { dateRangeMin: '2025-01-01', dateRangeMax: '2025-12-31' };

const PARAMETERS: INodeParameters = {
	resource: 'superbill',
	operation: 'create',
	dateFrom: DATES.dateRangeMin,
	dateTo: DATES.dateRangeMax,
};

/** In Candid's own JSON, without what is new in every superbill, and with its file. */
async function bySdk(
	request: Omit<Candid.superbills.v1.CreateSuperbillRequest, keyof typeof DATES>,
) {
	const { superbills } = await body(client.superbills.v1.createSuperbill({ ...request, ...DATES }));
	return await Promise.all(
		superbills.map(async (superbill) => {
			const raw = serialization.superbills.v1.Superbill.jsonOrThrow(superbill, AS_IS);
			const { superbill_id: id, authed_url: link, ...fields } = raw;
			const file = await fetch(link);
			return { id, fields, bytes: Buffer.from(await file.arrayBuffer()) };
		}),
	);
}

async function byNode(parameters: INodeParameters) {
	const output = await node({ ...PARAMETERS, ...parameters });
	return await Promise.all(
		output.map(async ({ json: { superbill_id: id, ...fields }, binary }) => ({
			id,
			fields,
			bytes: await binaryContent(binary!.data!),
		})),
	);
}

const { SuperbillOutputFormat } = Candid.superbills.v1;

const CASES = [
	...Object.values(SuperbillOutputFormat).map((format) => ({ format, patient: 'PAT-1' })),
	...['PAT-2', PATIENT_OF_MANY, SPECIAL_CHARACTERS].map((patient) => ({
		format: SuperbillOutputFormat.Pdf,
		patient,
	})),
	{ format: SuperbillOutputFormat.Pdf, patient: 'PAT-1', merged: true },
];

it.each(CASES)(
	'the superbill of $patient as $format by the node equals that by the SDK',
	async ({ format, patient, merged = false }: (typeof CASES)[number] & { merged?: boolean }) => {
		const expected = await recorded(
			async () =>
				await bySdk({
					patientExternalId: Candid.PatientExternalId(patient),
					outputFormat: format,
					includeMergedPatientData: merged,
				}),
		);
		const actual = await recorded(
			async () =>
				await byNode({ patientExternalId: patient, format, includeMergedPatientRecords: merged }),
		);

		const [createdBySdk] = expected.requests;
		expect(createdBySdk!.method).toBe('POST');
		expect(actual.requests[0]).toEqual(createdBySdk);
		expect(actual.result.map(withoutId)).toEqual(expected.result.map(withoutId));
		expect([...expected.result, ...actual.result].map(({ id }) => id)).toEqual(
			api.superbills.map(({ superbillId }) => superbillId),
		);
		expect(expected.result).not.toEqual([]);
	},
);

const withoutId = ({ fields, bytes }: { fields: object; bytes: Buffer }) => ({ fields, bytes });
