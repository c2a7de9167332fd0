import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that accepts every request and keeps what was sent. */
export interface Listener {
	/** `http://127.0.0.1:PORT` */
	url: string;
	/** The bodies of all requests so far, one after the other. */
	received(): string;
	close(): void;
}

export async function startListener(): Promise<Listener> {
	let bodies = '';
	const server = createServer((request, response) => {
		request.setEncoding('utf8').on('data', (text: string) => (bodies += text));
		request.on('end', () => response.end('{}'));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		received: () => bodies,
		close: () => server.close(),
	};
}
