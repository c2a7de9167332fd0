import { createServer } from 'node:net';

/**
 * Outside the range from which systems take the ports of outgoing connections (Linux: from 32768 on),
 * so that a free port is not taken by chance before its server listens.
 */
const [LOWEST, HIGHEST] = [20_000, 32_767];

let last = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));

/**
 * Finds a free port for each request: the requested one if it is free, else another. 0 requests any free
 * port that has not been returned before.
 */
export async function freePorts(...wishes: number[]): Promise<number[]> {
	const servers = await Promise.all(wishes.map(listenOn));
	const ports = servers.map((server) => {
		const address = server.address();
		return typeof address === 'object' && address ? address.port : 0;
	});
	await Promise.all(servers.map(async (server) => await new Promise((done) => server.close(done))));
	return ports;
}

async function listenOn(port: number): Promise<ReturnType<typeof createServer>> {
	return await new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', (error: NodeJS.ErrnoException) => {
			if (port === 0 && error.code !== 'EADDRINUSE') reject(error);
			else resolve(listenOn(0));
		});
		server.listen(port === 0 ? nextPort() : port, '127.0.0.1', () => resolve(server));
	});
}

function nextPort(): number {
	last = last === HIGHEST ? LOWEST : last + 1;
	return last;
}
