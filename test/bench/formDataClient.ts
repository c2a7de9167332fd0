import { createReadStream } from 'node:fs';
import { Agent, request } from 'node:http';
import { basename } from 'node:path';

import FormData from 'form-data';

import { CREATE_BY_CHARGE_CAPTURE_PATH } from '../candid-api/paths';
import { runClient } from './client';

/** A typical script: the `form-data` package, the file as a stream, connections kept alive. */
runClient(async ({ url, token, concurrency }) => {
	const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
	return async ({ path, size }) => {
		const form = new FormData();
		form.append('charge_capture_external_id', basename(path));
		form.append('attachment_type', 'DOCUMENTATION');
		form.append('attachment_file', createReadStream(path), {
			filename: basename(path),
			contentType: 'application/pdf',
			knownLength: size,
		});
		await new Promise<void>((resolve, reject) => {
			const sending = request(`${url}${CREATE_BY_CHARGE_CAPTURE_PATH}`, {
				method: 'POST',
				agent,
				headers: {
					...form.getHeaders(),
					Authorization: `Bearer ${token}`,
					'Content-Length': form.getLengthSync(),
				},
			});
			sending.on('error', reject).on('response', (response) => {
				let text = '';
				response.setEncoding('utf8').on('data', (part: string) => (text += part));
				response.on('end', () => {
					if (response.statusCode === 200) resolve();
					else reject(new Error(`${response.statusCode}: ${text}`));
				});
			});
			form.pipe(sending);
		});
	};
});
