import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';

import { CandidApi, CandidApiClient } from 'candidhealth';

import { runClient } from './client';

/** The vendor's SDK. Files are passed as blobs, read while they are sent: with a stream it has no type. */
runClient(async ({ url }) => {
	const client = new CandidApiClient({
		clientId: 'local-client',
		clientSecret: 'local-secret',
		environment: { candidApi: url, preEncounter: url },
	});
	return async ({ path }) => {
		const answer = await client.encounterAttachments.v1.createWithChargeCaptureExternalId(
			new File([await openAsBlob(path)], basename(path), { type: 'application/pdf' }),
			{
				chargeCaptureExternalId: basename(path),
				attachmentType: CandidApi.encounterAttachments.v1.EncounterAttachmentType.Documentation,
			},
		);
		if (!answer.ok) throw new Error(JSON.stringify(answer.error));
	};
});
