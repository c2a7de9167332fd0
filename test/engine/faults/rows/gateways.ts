import { createServer, request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { pastedCredential } from '../../storedCredential';
import { sixFiles } from '../files';
import type { Stage } from '../stage';
import type { Told, Trial } from '../trial';
import { EVERYWHERE, canTellAge } from './where';

/** How long the gateway waits for the server behind it. */
const PATIENCE_MS = 500;

/** How long the server takes to store a file that the gateway has given up. */
const SLOW_MS = 2500;

/** Hands requests on, and answers 504 for a server that takes too long; that goes on all the same. */
function gatewayTo(port: string): Server {
	return createServer((incoming, answer) => {
		const { method, url, headers } = incoming;
		const onward = request({ host: 'localhost', port, method, path: url, headers });
		const givenUp = () => !answer.headersSent && answer.writeHead(504).end('Gateway Timeout');
		const patience = setTimeout(givenUp, PATIENCE_MS);
		onward.on('error', givenUp);
		onward.on('response', (reply) => {
			clearTimeout(patience);
			if (answer.headersSent) return void reply.resume();
			answer.writeHead(reply.statusCode ?? 502, reply.headers);
			reply.pipe(answer);
		});
		incoming.pipe(onward);
	});
}

async function behindGateway(stage: Stage): Promise<Told[]> {
	const gateway = gatewayTo(new URL(stage.api.url).port);
	await new Promise<void>((resolve) => gateway.listen(0, 'localhost', resolve));
	const { port } = gateway.address() as AddressInfo;
	stage.credential.data.baseUrl = `http://localhost:${port}`;
	try {
		return await stage.run();
	} finally {
		gateway.close();
		gateway.closeAllConnections();
	}
}

export const gatewayRows: Trial[] = EVERYWHERE.map((where) => ({
	fault: '504 of a gateway, stored 2 s later',
	...where,
	files: sixFiles(),
	credential: pastedCredential,
	faults: [{ kind: 'delay', when: 'before', delayMs: SLOW_MS, times: 2 }],
	play: behindGateway,
	expected: canTellAge(where) ? { stored: 6 } : { stored: 4, unknown: 2 },
}));
