import { createServer } from 'node:net';

/** A free port for each wish; 0 wishes for any. All are held until the last is found. */
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
		server.once('error', (error) => (port === 0 ? reject(error) : resolve(listenOn(0))));
		server.listen(port, '127.0.0.1', () => resolve(server));
	});
}
