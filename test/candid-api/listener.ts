import { createServer } from 'node:https';

import multipart from '@fastify/multipart';
import fastify, {
	type FastifyInstance,
	type FastifyReply,
	type FastifyRequest,
	type FastifyServerFactory,
} from 'fastify';

import { Refusal } from './answers';
import { NO_SUCH_PATH, UNREADABLE_BODY, WRONG_BODY_TYPE } from './assumptions';
import type { Endpoint, Handler } from './operations';
import type { Tls } from './types';

/** Called by a listener at the stages of each request. */
export interface ListenerHooks {
	/** Called when the head of a request has arrived, before any of its body is read. */
	arrive(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
	/** Called when the body is read; a multipart body is still unread. */
	respond(request: FastifyRequest, endpoint: Handler): Promise<FastifyReply>;
	/** Called instead of the others for a URL that cannot be decoded; the listener answers it. */
	unroutable(request: FastifyRequest, reply: FastifyReply): void;
}

/** A web server for one port, not listening yet. */
export function buildListener(
	endpoints: Endpoint[],
	hooks: ListenerHooks,
	tls?: Tls,
): FastifyInstance {
	const https: FastifyServerFactory | undefined = tls && ((handler) => createServer(tls, handler));
	// By default, the router refuses IDs of more than 100 characters.
	const app = fastify({
		serverFactory: https,
		forceCloseConnections: true,
		routerOptions: { maxParamLength: 16 * 1024 },
		frameworkErrors: (error, request, reply) => {
			hooks.unroutable(request, reply);
			answerError(error, reply);
		},
	});
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
		done(null, body);
	});
	app.register(multipart, { preservePath: true, limits: { fileSize: Infinity } });
	app.addHook('onRequest', async (request, reply) => await hooks.arrive(request, reply));
	app.setErrorHandler((error, _request, reply) => answerError(error, reply));
	app.setNotFoundHandler(async (request) => await hooks.respond(request, NO_ENDPOINT));
	for (const endpoint of endpoints) {
		app.route({
			method: endpoint.method,
			url: endpoint.url,
			handler: async (request) => await hooks.respond(request, endpoint),
		});
	}
	return app;
}

/** Resolves with the URL when the listener accepts requests. Port 0 stands for any free port. */
export async function listenOnLoopback(
	app: FastifyInstance,
	port: number,
	protocol: 'http' | 'https',
): Promise<string> {
	// For 'localhost', Fastify listens on both 127.0.0.1 and ::1: clients differ in which they try.
	await app.listen({ host: 'localhost', port });
	const address = app.server.address();
	const actual = typeof address === 'object' && address !== null ? address.port : port;
	return `${protocol}://localhost:${actual}`;
}

export function refusalOf(error: unknown): Refusal {
	if (error instanceof Refusal) return error;
	const message = error instanceof Error ? error.message : String(error);
	return new Refusal({ status: 500, errorName: 'InternalError' }, { message });
}

const NO_ENDPOINT: Handler = {
	access: 'open',
	operation: () => {
		throw new Refusal(NO_SUCH_PATH, { message: 'There is no such path.' });
	},
};

/** Answers in the API's error format where Fastify itself refuses a request, such as for a bad URL. */
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
