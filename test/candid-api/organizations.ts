import { BillingNotes } from './billingNotes';
import type { Clock } from './clock';
import { Events } from './events';
import { Lookups } from './lookups';
import { NO_SEED_DATA, SEED_DATA, type Seeds } from './seed-data';
import { Tasks } from './tasks';
import type { Client, World } from './types';

/** A client with the records that only it can read. */
export interface Organization extends Client {
	lookups: Lookups;
	tasks: Tasks;
	events: Events;
	billingNotes: BillingNotes;
}

/** One organization per client. The first one starts with the seed data, the others are empty. */
export class Organizations {
	readonly first: Organization;
	private readonly byClient = new Map<string, Organization>();

	/** Throws an Error if two clients have the same ID. */
	constructor(first: Client, others: Client[], context: { world: World; clock: Clock }) {
		this.first = { ...first, ...recordsOf(context, SEED_DATA) };
		this.add(this.first);
		for (const client of others) {
			this.add({ ...client, ...recordsOf(context, NO_SEED_DATA) });
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

function recordsOf(
	{ world, clock }: { world: World; clock: Clock },
	seeds: Seeds,
): Omit<Organization, keyof Client> {
	const billingNotes = new BillingNotes(world, clock);
	const lookups = new Lookups(world, seeds, billingNotes);
	const tasks = new Tasks({ world, clock, lookups, seeds: seeds.tasks });
	return { lookups, tasks, events: new Events(world, clock), billingNotes };
}
