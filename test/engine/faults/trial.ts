import { createHash } from 'node:crypto';
import type { IDataObject, INode } from 'n8n-workflow';

import type { CandidApi, CandidApiSettings, Fault } from '../../candid-api';
import type { StoredCredential } from '../storedCredential';
import type { Stage } from './stage';

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
	/** how many files end how; anything that keeps the invariants where it is not given */
	expected?: Partial<Record<Outcome, number>>;
	/** Whether each file that is stored and not known to be is named by its attachment ID. */
	namesCandidates?: boolean;
	/** what the server must have seen, besides */
	check?: (stage: Stage) => void;
}

/** What a run says of a file. 'unknown': that nobody knows. */
export type Outcome = 'stored' | 'not stored' | 'unknown' | 'not started';

/** What one run has said of one of its files. */
export interface Told {
	file: TrialFile;
	outcome: Outcome;
	attachmentId?: string;
	words: string;
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
