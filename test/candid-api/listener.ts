import multipart from '@fastify/multipart';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

import { Refusal } from './answers';
import { NO_SUCH_PATH, UNREADABLE_BODY, WRONG_BODY_TYPE } from './assumptions';
import type { Endpoint, Handled } from './operations';

/** How the requests of a listener are handled. */
export interface Handling {
	/** Called with the head of a request here and nothing read of its body. */
	arrive(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
	/** Called with the body read, unless it is multipart. */
	respond(request: FastifyRequest, endpoint: Handled): Promise<FastifyReply>;
	/** Called instead of both for a URL that cannot be decoded; the listener answers it itself. */
	unroutable(request: FastifyRequest, reply: FastifyReply): void;
}

/** A web server of one port, not listening yet. */
export function buildListener(endpoints: Endpoint[], handling: Handling): FastifyInstance {
	// The router's default would refuse IDs of more than 100 characters.
	const app = fastify({
		forceCloseConnections: true,
		routerOptions: { maxParamLength: 16 * 1024 },
		frameworkErrors: (error, request, reply) => {
			handling.unroutable(request, reply);
			answerError(error, reply);
		},
	});
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
		done(null, body);
	});
	app.register(multipart, { preservePath: true, limits: { fileSize: Infinity } });
	app.addHook('onRequest', async (request, reply) => await handling.arrive(request, reply));
	app.setErrorHandler((error, _request, reply) => answerError(error, reply));
	app.setNotFoundHandler(async (request) => await handling.respond(request, NO_ENDPOINT));
	for (const endpoint of endpoints) {
		app.route({
			method: endpoint.method,
			url: endpoint.url,
			handler: async (request) => await handling.respond(request, endpoint),
		});
	}
	return app;
}

/** Resolves with the URL, once the listener takes requests at it; port 0 is any free one. */
export async function listenOnLoopback(app: FastifyInstance, port: number): Promise<string> {
	// For 'localhost' Fastify listens on 127.0.0.1 and ::1, whichever of them a client tries.
	await app.listen({ host: 'localhost', port });
	const address = app.server.address();
	const actual = typeof address === 'object' && address !== null ? address.port : port;
	return `http://localhost:${actual}`;
}

export function refusalOf(error: unknown): Refusal {
	if (error instanceof Refusal) return error;
	const message = error instanceof Error ? error.message : String(error);
	return new Refusal({ status: 500, errorName: 'InternalError' }, { message });
}

const NO_ENDPOINT: Handled = {
	access: 'open',
	operation: () => {
		throw new Refusal(NO_SUCH_PATH, { message: 'There is no such path.' });
	},
};

/** Puts what Fastify itself refuses (a bad URL, a bad content type) into the API's envelope. */
function answerError(error: unknown, reply: FastifyReply): FastifyReply {
	const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
	const refusal =
		status === 415
			? new Refusal(WRONG_BODY_TYPE, { message: 'The content type is not accepted.' })
			: typeof status === 'number' && status < 500
				? new Refusal({ ...UNREADABLE_BODY, status }, { message: 'The request is not readable.' })
				: refusalOf(error);
	return reply.code(refusal.answer.status).send(refusal.answer.body);
}
