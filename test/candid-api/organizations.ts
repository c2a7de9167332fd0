import { Lookups } from './lookups';
import { NOTHING_SEEDED, SEEDED } from './seeds';
import type { Client, World } from './types';

/** A client and what only it can look up. */
export interface Organization extends Client {
	lookups: Lookups;
}

/** One organization per client. The first one has the seeded lookups, the others start empty. */
export class Organizations {
	readonly first: Organization;
	private readonly byClient = new Map<string, Organization>();

	/** Throws an Error for a client ID that comes twice. */
	constructor(first: Client, others: Client[], world: World) {
		this.first = { ...first, lookups: new Lookups(world, SEEDED) };
		this.add(this.first);
		for (const client of others) {
			this.add({ ...client, lookups: new Lookups(world, NOTHING_SEEDED) });
		}
	}

	/** The first one unless a client is named; throws an Error for an unknown client. */
	of(clientId = this.first.clientId): Organization {
		const found = this.byClient.get(clientId);
		if (found === undefined) throw new Error(`There is no client '${clientId}'.`);
		return found;
	}

	/** Undefined when no client has these credentials. */
	signIn(clientId: string | undefined, clientSecret: string | undefined): Organization | undefined {
		const found = this.byClient.get(clientId ?? '');
		return found?.clientSecret === clientSecret ? found : undefined;
	}

	private add(organization: Organization): void {
		const { clientId } = organization;
		if (this.byClient.has(clientId)) throw new Error(`The client '${clientId}' comes twice.`);
		this.byClient.set(clientId, organization);
	}
}
