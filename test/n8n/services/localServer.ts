import { connect } from 'node:net';

import { startService, untilUp, type CommandOptions, type Service } from '../commands';

/**
 * Starts a server of the system on the loopback address.
 *
 * @returns the service, once its port accepts connections
 * @throws Error with the end of its output if it ends before that
 */
export async function startLocalServer(
	command: string,
	args: string[],
	options: CommandOptions & { port: number; logFile: string },
): Promise<Service> {
	const service = startService(command, args, options);
	await untilUp(service, command, async () => await accepts(options.port));
	return service;
}

async function accepts(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => resolve(false));
	});
}
