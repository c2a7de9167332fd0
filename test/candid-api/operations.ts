import type { FastifyRequest } from 'fastify';

import { notFound, Refusal, tooManyRequests, type Answer } from './answers';
import { SIGNED_LINK_INVALID, SIGNED_LINK_WITH_AUTHORIZATION, WRONG_CLIENT } from './assumptions';
import { billingNoteOnWire, readBillingNote } from './billingNotes';
import {
	checkAttachmentType,
	checkFile,
	readJsonObject,
	readTextFields,
	readUpload,
} from './bodies';
import type { LinkSignatures } from './link-signatures';
import type { FormPart } from './multipart';
import type { Organization, Organizations } from './organizations';
import {
	ATTACHMENTS_PATH,
	BILLING_NOTES_PATH,
	BY_CHARGE_CAPTURE_PATH,
	CHARGE_CAPTURES_PATH,
	CLAIM_CREATIONS_PATH,
	CREATE_BY_CHARGE_CAPTURE_PATH,
	ENCOUNTERS_PATH,
	EVENTS_PATH,
	FILES_PATH,
	SIGN_IN_PATH,
	TASKS_PATH,
} from './paths';
import type { Query } from './query';
import type { RateWindow } from './rate-window';
import type { AttachmentStore, Owner } from './store';
import type { Tokens } from './tokens';
import type { FileLinks, World } from './types';
import { checkUuid } from './uuids';

/** The state that the operations read and change. */
export interface OperationContext {
	world: World;
	store: AttachmentStore;
	links: LinkSignatures;
	fileLinks: FileLinks;
	organizations: Organizations;
	tokens: Tokens;
	tokenRate: RateWindow;
	apiUrl(): string;
	filesUrl(): string;
}

export interface Call {
	request: FastifyRequest;
	/** The parts of a multipart body; undefined when the body is of another type. */
	form: FormPart[] | undefined;
}

/** A call with a valid token, and the organization of the token's client. */
export interface ClientCall extends Call {
	organization: Organization;
}

/** Processes a request; throws a `Refusal` if the API refuses it. */
type OpenOperation = (call: Call) => Answer;
type Operation = (call: ClientCall) => Answer;

/** An operation, and whether it requires a token. */
export type Handler =
	| { access: 'open'; operation: OpenOperation }
	| { access: 'bearer token'; operation: Operation };

export type Endpoint = {
	method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
	url: string;
} & Handler;

export function apiEndpoints(context: OperationContext): Endpoint[] {
	const { fileLinks, world } = context;
	const ofEncounter = `${ATTACHMENTS_PATH}/:id`;
	const ofChargeCapture = `${BY_CHARGE_CAPTURE_PATH}/:id`;
	const encounter = (call: ClientCall): Owner => {
		const { clientId, lookups } = call.organization;
		return { clientId, encounterId: lookups.findEncounter(encounterIdOf(call)).encounterId };
	};
	const chargeCapture = (call: ClientCall): Owner => {
		const { clientId, lookups } = call.organization;
		const chargeCaptureExternalId = idOf(call);
		if (world.chargeCaptureList === '404 until known') {
			lookups.checkChargeCapture(chargeCaptureExternalId);
		}
		return { clientId, chargeCaptureExternalId };
	};
	const guarded = (method: Endpoint['method'], url: string, operation: Operation): Endpoint => ({
		method,
		url,
		access: 'bearer token',
		operation,
	});
	return [
		{ method: 'POST', url: SIGN_IN_PATH, access: 'open', operation: issueToken(context) },
		guarded('POST', CREATE_BY_CHARGE_CAPTURE_PATH, createOnChargeCapture(context)),
		guarded('PUT', ofEncounter, createOnEncounter(context, 'v1')),
		guarded('PUT', `${ofEncounter}/v2`, createOnEncounter(context, 'v2')),
		guarded('GET', ofEncounter, list(context, encounter)),
		guarded('GET', ofChargeCapture, list(context, chargeCapture)),
		guarded('DELETE', ofEncounter, remove(context, encounter)),
		guarded('DELETE', ofChargeCapture, remove(context, chargeCapture)),
		guarded('GET', CHARGE_CAPTURES_PATH, (call) =>
			ok(call.organization.lookups.listChargeCaptures(queryOf(call))),
		),
		guarded('GET', `${CHARGE_CAPTURES_PATH}/:id`, (call) =>
			ok(call.organization.lookups.getChargeCapture(idOf(call))),
		),
		guarded('GET', `${CLAIM_CREATIONS_PATH}/:id`, (call) =>
			ok(call.organization.lookups.getClaimCreation(idOf(call))),
		),
		guarded('GET', ENCOUNTERS_PATH, (call) =>
			ok(call.organization.lookups.listEncounters(queryOf(call))),
		),
		guarded('GET', `${ENCOUNTERS_PATH}/:id`, (call) =>
			ok(call.organization.lookups.getEncounter(encounterIdOf(call))),
		),
		guarded('GET', TASKS_PATH, (call) => ok(call.organization.tasks.list(queryOf(call)))),
		guarded('GET', `${TASKS_PATH}/:id`, (call) => ok(call.organization.tasks.get(idOf(call)))),
		guarded('PATCH', `${TASKS_PATH}/:id`, (call) =>
			ok(call.organization.tasks.update(idOf(call), objectOf(call))),
		),
		guarded('GET', EVENTS_PATH, (call) => ok(call.organization.events.scan(queryOf(call)))),
		guarded('POST', BILLING_NOTES_PATH, createBillingNote),
		...(fileLinks === 'redirect' ? [guarded('GET', FILE, redirectToFile(context))] : []),
	];
}

export function filesEndpoints(context: OperationContext): Endpoint[] {
	return [{ method: 'GET', url: FILE, access: 'open', operation: openFile(context) }];
}

const FILE = `${FILES_PATH}/:id`;

const issueToken =
	({ tokens, tokenRate, organizations }: OperationContext): OpenOperation =>
	({ request }) => {
		if (!tokenRate.tryTake()) throw tooManyRequests('Too many tokens were asked for.');
		const names = ['client_id', 'client_secret'];
		const fields = readTextFields(request.body, request.headers['content-type'], names);
		const organization = organizations.signIn(fields.client_id, fields.client_secret);
		if (organization === undefined) {
			throw new Refusal(WRONG_CLIENT, { message: 'The client ID or client secret is wrong.' });
		}
		return ok({
			access_token: tokens.grant(organization.clientId),
			expires_in: Math.ceil(tokens.lifetimeSeconds),
			token_type: 'Bearer',
		});
	};

const createOnChargeCapture =
	({ store, world }: OperationContext): Operation =>
	({ form, organization: { clientId } }) => {
		const upload = readUpload(form, 'charge capture');
		checkAttachmentType(upload, world);
		checkFile(upload);
		return created(store.add({ ...upload, clientId }).attachmentId, world);
	};

const createOnEncounter =
	({ store, world }: OperationContext, version: 'v1' | 'v2'): Operation =>
	(call) => {
		const { clientId, lookups } = call.organization;
		const upload = readUpload(call.form, 'encounter');
		checkAttachmentType(upload, world);
		const { encounterId } = lookups.findEncounter(encounterIdOf(call));
		checkFile(upload);
		const description = version === 'v2' ? upload.description : undefined;
		const owner = { clientId, chargeCaptureExternalId: undefined, encounterId };
		return created(store.add({ ...upload, ...owner, description }).attachmentId, world);
	};

const list =
	(context: OperationContext, ownerOf: (call: ClientCall) => Owner): Operation =>
	(call) => {
		const { store, fileLinks, apiUrl } = context;
		const linkTo = (id: string) =>
			fileLinks === 'signed' ? signedLink(context, id) : `${apiUrl()}${FILES_PATH}/${id}`;
		return ok(store.list(ownerOf(call), linkTo));
	};

const remove =
	({ store }: OperationContext, ownerOf: (call: ClientCall) => Owner): Operation =>
	(call) => {
		const { body, headers } = call.request;
		const fields = readTextFields(body, headers['content-type'], ['attachment_id']);
		const attachmentId = fields.attachment_id ?? '';
		checkUuid('attachment_id', attachmentId);
		store.remove(ownerOf(call), attachmentId);
		return { status: 200 };
	};

const createBillingNote: Operation = (call) => {
	const { lookups, billingNotes } = call.organization;
	const note = readBillingNote(objectOf(call));
	lookups.findEncounter(note.encounterId);
	return ok(billingNoteOnWire(billingNotes.add(note)));
};

const redirectToFile =
	(context: OperationContext): Operation =>
	(call) => {
		const id = idOf(call);
		if (context.store.findOf(call.organization.clientId, id) === undefined) throw notFound(id);
		return { status: 302, headers: { location: signedLink(context, id) } };
	};

const openFile =
	({ store, links }: OperationContext): OpenOperation =>
	(call) => {
		if (call.request.headers.authorization !== undefined) {
			throw new Refusal(SIGNED_LINK_WITH_AUTHORIZATION, {
				message: 'The link is signed; it accepts no Authorization header.',
			});
		}
		const file = store.find(idOf(call));
		if (file === undefined || queryOf(call).signature !== links.of(file.attachmentId)) {
			throw new Refusal(SIGNED_LINK_INVALID, { message: 'The link is not valid.' });
		}
		return { status: 200, body: file.bytes, contentType: file.contentType };
	};

const signedLink = ({ links, filesUrl }: OperationContext, id: string) =>
	`${filesUrl()}${FILES_PATH}/${id}?signature=${links.of(id)}`;

const ok = (body: object): Answer => ({ status: 200, body });

/** By default a bare JSON string. */
const created = (attachmentId: string, { createAnswer }: World): Answer => ({
	status: createAnswer === '201' ? 201 : 200,
	body: JSON.stringify(createAnswer === 'object' ? { attachment_id: attachmentId } : attachmentId),
	contentType: 'application/json',
});

/** The ID in the path; the router has decoded it. */
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

const objectOf = ({ request }: Call) =>
	readJsonObject(request.body, request.headers['content-type']);

const queryOf = ({ request }: Call): Query => ({ ...(request.query as Query) });
