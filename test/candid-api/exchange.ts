import type { IncomingMessage } from 'node:http';

import type { FastifyReply, FastifyRequest } from 'fastify';

import { encodeAnswer, type Answer } from './answers';
import { readJson } from './bodies';
import { readForm, recordedFields, type FormPart } from './multipart';
import type { Fault, RecordedRequest, ServerName } from './types';

/** One request from arrival to end: records it, and answers it or cuts its connection. */
export class Exchange {
	readonly record: RecordedRequest;
	readonly fault: Fault | undefined;
	/** Resolves when the answer has been sent completely or the connection is closed. */
	readonly ended: Promise<void>;
	private readonly request: FastifyRequest;
	private readonly reply: FastifyReply;
	private chunks: Buffer[] = [];

	constructor(
		request: FastifyRequest,
		reply: FastifyReply,
		{ server, fault }: { server: ServerName; fault?: Fault },
	) {
		this.request = request;
		this.reply = reply;
		this.fault = fault;
		const { method, headers } = request;
		const contentLength =
			headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
		const path = request.raw.url ?? '';
		this.record = { server, method, path, headers, contentLength, bytesReceived: 0 };
		this.tap(request.raw);
		this.ended = new Promise((resolve) => reply.raw.once('close', resolve));
		reply.raw.once('finish', () => {
			this.record.status = reply.raw.statusCode;
		});
	}

	/** Resolves with the parts of a multipart body, or undefined when the body is of another type. */
	async receiveForm(): Promise<FormPart[] | undefined> {
		if (!this.request.isMultipart()) return undefined;
		try {
			const parts = await readForm(this.request, () => Buffer.concat(this.chunks));
			this.record.fields = recordedFields(parts);
			return parts;
		} finally {
			this.chunks = [];
			// If the parser gave up, the rest of the body must still be read, or the client waits forever.
			this.request.raw.resume();
		}
	}

	/** Records a JSON body. Call it when the body has arrived. */
	recordJson(): void {
		const { body, headers } = this.request;
		this.record.body = readJson(body, headers['content-type']);
	}

	/** Reads about half of the announced body and leaves the rest in the socket. */
	async readHalf(): Promise<void> {
		const { raw } = this.request;
		const target = Math.max(1, Math.floor((this.record.contentLength ?? 2) / 2));
		await new Promise<void>((resolve) => {
			const pull = () => {
				let missing = target - this.record.bytesReceived;
				while (missing > 0 && raw.read(Math.min(missing, raw.readableLength || 1)) !== null) {
					missing = target - this.record.bytesReceived;
				}
				if (missing <= 0) resolve();
			};
			raw.on('readable', pull);
			raw.once('end', resolve);
			raw.once('close', resolve);
		});
	}

	send(answer: Answer): FastifyReply {
		if (this.request.raw.socket.destroyed) return this.reply.hijack();
		const { payload, headers } = encodeAnswer(answer);
		return this.reply.code(answer.status).headers(headers).send(payload);
	}

	/** Destroys the socket without an answer. */
	cut(): FastifyReply {
		this.reply.hijack();
		this.request.raw.socket.destroy();
		return this.reply;
	}

	/** Leaves the connection open without an answer. */
	hold(): FastifyReply {
		return this.reply.hijack();
	}

	/** Sends the headers of the whole answer and half of its body, then destroys the socket. */
	cutMidAnswer(answer: Answer): FastifyReply {
		const { payload = Buffer.alloc(0), headers } = encodeAnswer(answer);
		this.reply.hijack();
		const { raw } = this.reply;
		const { socket } = this.request.raw;
		// An empty body cannot be cut in half, so its Content-Length announces one byte that never comes.
		raw.writeHead(answer.status, { ...headers, 'content-length': Math.max(1, payload.length) });
		const half = payload.subarray(0, Math.floor(payload.length / 2));
		if (half.length > 0) {
			raw.write(half, () => socket.destroy());
		} else {
			raw.flushHeaders();
			setImmediate(() => socket.destroy());
		}
		return this.reply;
	}

	/** Counts the bytes of the body while others read it. Does not start the reading. */
	private tap(raw: IncomingMessage): void {
		const keep = /^multipart\//i.test(this.record.headers['content-type'] ?? '');
		// Without the pause, the 'data' listener would start the stream before anyone parses it.
		raw.pause();
		raw.on('data', (chunk: Buffer) => {
			this.record.bytesReceived += chunk.length;
			if (keep) this.chunks.push(chunk);
		});
	}
}
