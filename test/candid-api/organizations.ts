import { Lookups } from './lookups';
import { NO_SEED_DATA, SEED_DATA } from './seed-data';
import type { Client, World } from './types';

/** A client with the charge captures and encounters that only it can read. */
export interface Organization extends Client {
	lookups: Lookups;
}

/** One organization per client. The first one starts with the seed data, the others are empty. */
export class Organizations {
	readonly first: Organization;
	private readonly byClient = new Map<string, Organization>();

	/** Throws an Error if two clients have the same ID. */
	constructor(first: Client, others: Client[], world: World) {
		this.first = { ...first, lookups: new Lookups(world, SEED_DATA) };
		this.add(this.first);
		for (const client of others) {
			this.add({ ...client, lookups: new Lookups(world, NO_SEED_DATA) });
		}
	}

	get all(): Organization[] {
		return [...this.byClient.values()];
	}

	/** The client's organization, by default the first one. Throws an Error for an unknown client. */
	of(clientId = this.first.clientId): Organization {
		const found = this.byClient.get(clientId);
		if (found === undefined) throw new Error(`There is no client '${clientId}'.`);
		return found;
	}

	/** Returns undefined if no client has these credentials. */
	signIn(clientId: string | undefined, clientSecret: string | undefined): Organization | undefined {
		const found = this.byClient.get(clientId ?? '');
		return found?.clientSecret === clientSecret ? found : undefined;
	}

	private add(organization: Organization): void {
		const { clientId } = organization;
		if (this.byClient.has(clientId)) throw new Error(`Two clients have the ID '${clientId}'.`);
		this.byClient.set(clientId, organization);
	}
}
