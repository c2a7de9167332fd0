import type { FastifyRequest } from 'fastify';

import { notFound, Refusal, tooManyRequests, type Answer } from './answers';
import { SIGNED_LINK_INVALID, SIGNED_LINK_WITH_AUTHORIZATION, WRONG_CLIENT } from './assumptions';
import { checkFile, readTextFields, readUpload } from './bodies';
import type { LinkSignatures } from './links';
import type { Lookups, Query } from './lookups';
import type { FormPart } from './multipart';
import {
	ATTACHMENTS_PATH,
	BY_CHARGE_CAPTURE_PATH,
	CHARGE_CAPTURES_PATH,
	CREATE_BY_CHARGE_CAPTURE_PATH,
	ENCOUNTERS_PATH,
	FILES_PATH,
	SIGN_IN_PATH,
} from './paths';
import type { RateWindow } from './rate-window';
import type { AttachmentStore, Owner } from './store';
import type { Tokens } from './tokens';
import type { FileLinks } from './types';
import { checkUuid } from './uuids';

/** What the operations work on. */
export interface World {
	store: AttachmentStore;
	links: LinkSignatures;
	fileLinks: FileLinks;
	lookups: Lookups;
	tokens: Tokens;
	tokenRate: RateWindow;
	clientId: string;
	clientSecret: string;
	apiUrl(): string;
	filesUrl(): string;
}

export interface Call {
	request: FastifyRequest;
	/** The parts of a multipart body; undefined when the body is of another type. */
	form: FormPart[] | undefined;
}

/** Carries a request out; throws a `Refusal` for one that the API refuses. */
export type Operation = (call: Call) => Answer;

export interface Endpoint {
	method: 'GET' | 'POST' | 'PUT' | 'DELETE';
	url: string;
	access: 'bearer token' | 'open';
	operation: Operation;
}

export function apiEndpoints(world: World): Endpoint[] {
	const { lookups, fileLinks } = world;
	const ofEncounter = `${ATTACHMENTS_PATH}/:id`;
	const ofChargeCapture = `${BY_CHARGE_CAPTURE_PATH}/:id`;
	const encounter = (call: Call): Owner => ({
		encounterId: lookups.findEncounter(encounterIdOf(call)).encounterId,
	});
	const chargeCapture = (call: Call): Owner => ({ chargeCaptureExternalId: idOf(call) });
	const guarded = (method: Endpoint['method'], url: string, operation: Operation): Endpoint => ({
		method,
		url,
		access: 'bearer token',
		operation,
	});
	return [
		{ method: 'POST', url: SIGN_IN_PATH, access: 'open', operation: issueToken(world) },
		guarded('POST', CREATE_BY_CHARGE_CAPTURE_PATH, createOnChargeCapture(world)),
		guarded('PUT', ofEncounter, createOnEncounter(world, 'v1')),
		guarded('PUT', `${ofEncounter}/v2`, createOnEncounter(world, 'v2')),
		guarded('GET', ofEncounter, list(world, encounter)),
		guarded('GET', ofChargeCapture, list(world, chargeCapture)),
		guarded('DELETE', ofEncounter, remove(world, encounter)),
		guarded('DELETE', ofChargeCapture, remove(world, chargeCapture)),
		guarded('GET', CHARGE_CAPTURES_PATH, (call) => ok(lookups.listChargeCaptures(queryOf(call)))),
		guarded('GET', `${CHARGE_CAPTURES_PATH}/:id`, (call) =>
			ok(lookups.getChargeCapture(idOf(call))),
		),
		guarded('GET', ENCOUNTERS_PATH, (call) => ok(lookups.listEncounters(queryOf(call)))),
		guarded('GET', `${ENCOUNTERS_PATH}/:id`, (call) =>
			ok(lookups.getEncounter(encounterIdOf(call))),
		),
		...(fileLinks === 'redirect' ? [guarded('GET', FILE, redirectToFile(world))] : []),
	];
}

export function filesEndpoints(world: World): Endpoint[] {
	return [{ method: 'GET', url: FILE, access: 'open', operation: openFile(world) }];
}

const FILE = `${FILES_PATH}/:id`;

const issueToken =
	({ tokens, tokenRate, clientId, clientSecret }: World): Operation =>
	({ request }) => {
		if (!tokenRate.tryTake()) throw tooManyRequests('Too many tokens were asked for.');
		const names = ['client_id', 'client_secret'];
		const fields = readTextFields(request.body, request.headers['content-type'], names);
		if (fields.client_id !== clientId || fields.client_secret !== clientSecret) {
			throw new Refusal(WRONG_CLIENT, { message: 'The client ID or client secret is wrong.' });
		}
		return ok({
			access_token: tokens.grant(),
			expires_in: Math.ceil(tokens.lifetimeSeconds),
			token_type: 'Bearer',
		});
	};

const createOnChargeCapture =
	({ store }: World): Operation =>
	({ form }) => {
		const upload = readUpload(form, 'charge capture');
		checkFile(upload);
		return created(store.add(upload).attachmentId);
	};

const createOnEncounter =
	({ store, lookups }: World, version: 'v1' | 'v2'): Operation =>
	(call) => {
		const upload = readUpload(call.form, 'encounter');
		const { encounterId } = lookups.findEncounter(encounterIdOf(call));
		checkFile(upload);
		const description = version === 'v2' ? upload.description : undefined;
		const owner = { chargeCaptureExternalId: undefined, encounterId };
		return created(store.add({ ...upload, ...owner, description }).attachmentId);
	};

const list =
	(world: World, ownerOf: (call: Call) => Owner): Operation =>
	(call) => {
		const { store, fileLinks, apiUrl } = world;
		const linkTo = (id: string) =>
			fileLinks === 'signed' ? signedLink(world, id) : `${apiUrl()}${FILES_PATH}/${id}`;
		return ok(store.list(ownerOf(call), linkTo));
	};

const remove =
	({ store }: World, ownerOf: (call: Call) => Owner): Operation =>
	(call) => {
		const { body, headers } = call.request;
		const fields = readTextFields(body, headers['content-type'], ['attachment_id']);
		const attachmentId = fields.attachment_id ?? '';
		checkUuid('attachment_id', attachmentId);
		store.remove(ownerOf(call), attachmentId);
		return { status: 200 };
	};

const redirectToFile =
	(world: World): Operation =>
	(call) => {
		const id = idOf(call);
		if (world.store.find(id) === undefined) throw notFound(id);
		return { status: 302, headers: { location: signedLink(world, id) } };
	};

const openFile =
	({ store, links }: World): Operation =>
	(call) => {
		if (call.request.headers.authorization !== undefined) {
			throw new Refusal(SIGNED_LINK_WITH_AUTHORIZATION, {
				message: 'The link is signed; it takes no Authorization header.',
			});
		}
		const file = store.find(idOf(call));
		if (file === undefined || queryOf(call).signature !== links.of(file.attachmentId)) {
			throw new Refusal(SIGNED_LINK_INVALID, { message: 'The link is not valid.' });
		}
		return { status: 200, body: file.bytes, contentType: file.contentType };
	};

const signedLink = ({ links, filesUrl }: World, id: string) =>
	`${filesUrl()}${FILES_PATH}/${id}?signature=${links.of(id)}`;

const ok = (body: object): Answer => ({ status: 200, body });

/** A bare JSON string, not an object. */
const created = (attachmentId: string): Answer => ({
	status: 200,
	body: JSON.stringify(attachmentId),
	contentType: 'application/json',
});

/** Decoded from the path by the router. */
function idOf({ request }: Call): string {
	const { params } = request;
	const id = typeof params === 'object' && params !== null && 'id' in params ? params.id : '';
	return typeof id === 'string' ? id : '';
}

function encounterIdOf(call: Call): string {
	const id = idOf(call);
	checkUuid('encounter_id', id);
	return id;
}

const queryOf = ({ request }: Call): Query => ({ ...(request.query as Query) });
