import { createHash } from 'node:crypto';
import type { IDataObject, INode } from 'n8n-workflow';

import type { CandidApi, CandidApiSettings, Fault } from '../../candid-api';
import type { StoredCredential } from '../storedCredential';
import type { Stage } from './stage';
import type { World } from './worlds';

/** Where the files of a trial go, and whether the node looks before it sends. */
export interface Where {
	attachTo: 'charge capture' | 'encounter';
	/** Options → If Already Attached: Skip */
	skip?: boolean;
}

/** Faults at certain moments, and what has to come of every file. */
export interface Trial extends Where {
	/** what happens, in words */
	fault: string;
	/** one per item; all go to the same charge capture or encounter */
	files: TrialFile[];
	faults?: Fault[];
	/** the node's Options */
	options?: IDataObject;
	/** of each request, milliseconds; n8n's default otherwise */
	timeoutMs?: number;
	/** node settings; On Error 'Continue' otherwise */
	node?: Partial<INode>;
	server?: CandidApiSettings;
	/** one with client ID and secret otherwise */
	credential?: (api: CandidApi) => StoredCredential;
	/** what else is done before the run */
	prepare?: (stage: Stage) => void;
	/** how the files are run; once, all of them, otherwise */
	play?: (stage: Stage) => Promise<Told[]>;
	/**
	 * How many files end how in the world 'at once', none of them another way; anything that keeps the
	 * invariants where it is not given.
	 */
	expected?: Expected;
	/** the same for other worlds, where it is certain */
	expectedIn?: Partial<Record<World, Expected>>;
	/** Whether each file that is stored and not known to be is named by its attachment ID ('at once'). */
	namesCandidates?: boolean;
	/** Whether a copy may be left over, as long as a message says that it is stored, with its ID. */
	mayLeaveCopies?: boolean;
	/** what the server must have seen in the world 'at once', besides */
	check?: (stage: Stage) => void;
	/** what it must have seen in every world */
	checkEverywhere?: (stage: Stage) => void;
}

/** A range, from least to most, is for what depends on which of two files was the faster. */
export type Expected = Partial<Record<Outcome, number | readonly [least: number, most: number]>>;

/** What a run says of a file. 'unknown': that nobody knows. */
export type Outcome = 'stored' | 'not stored' | 'unknown' | 'not started';

/** What one run has said of one of its files. */
export interface Told {
	file: TrialFile;
	outcome: Outcome;
	attachmentId?: string;
	words: string;
	/** what its error item says in `details.try_again` */
	tryAgain?: boolean;
	/** Whether a message says that it is stored, and that it should not have been. */
	isAdmitted?: boolean;
	/** about the run that said it */
	run?: {
		skip: boolean;
		/** IDs of what the server held when it began */
		heldBefore: ReadonlySet<string>;
	};
}

export interface TrialFile {
	name: string;
	bytes: Buffer;
	/** lower-case hex */
	sha256: string;
	/** called with the path under which n8n keeps it */
	afterStoring?: (path: string) => void;
}

export function trialFile(
	name: string,
	bytes: Buffer,
	afterStoring?: TrialFile['afterStoring'],
): TrialFile {
	return { name, bytes, sha256: createHash('sha256').update(bytes).digest('hex'), afterStoring };
}

export const nameOf = ({ fault, attachTo, skip }: Trial) =>
	`${fault} · ${attachTo}${skip ? ', Skip' : ''}`;
