import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

/** A server that accepts every request and keeps what was sent. */
export interface Listener {
	/** `http://127.0.0.1:PORT` */
	url: string;
	/** The bodies of all requests so far, one after the other, unpacked. */
	received(): string;
	close(): void;
}

const GZIP = Buffer.of(0x1f, 0x8b);

export async function startListener(): Promise<Listener> {
	let bodies = '';
	const server = createServer((request, response) => {
		void buffer(request).then((body) => {
			const isPacked = body.subarray(0, GZIP.length).equals(GZIP);
			bodies += (isPacked ? gunzipSync(body) : body).toString();
			response.end('{}');
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		received: () => bodies,
		close: () => server.close(),
	};
}
