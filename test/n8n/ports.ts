import { createServer } from 'node:net';

/**
 * Where systems do not take the ports of outgoing connections from (Linux does so from 32768 on), so
 * that a port which is free now is not taken by chance before its server listens.
 */
const [LOWEST, HIGHEST] = [20_000, 32_767];

let last = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));

/** A free port for each wish; 0 wishes for any, which no other call is given. All are held until the last is found. */
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
