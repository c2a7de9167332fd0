import type { IDataObject, INode } from 'n8n-workflow';

import type { CandidApi, CandidApiSettings, Fault } from '../../candid-api';
import { sha256 } from '../../files/contents';
import type { StoredCredential } from '../storedCredential';
import type { Stage } from './stage';
import type { World } from './worlds';

/** Where the files of a trial are attached, and whether with 'Skip'. */
export interface Where {
	attachTo: 'charge capture' | 'encounter';
	/** whether the option 'If Already Attached' is 'Skip' */
	skip?: boolean;
}

/** Faults at certain moments, and what must happen to every file. */
export interface Trial extends Where {
	/** what happens, as in 'no file is lost … after <fault>' */
	fault: string;
	/** one per item; all go to the same charge capture or encounter */
	files: TrialFile[];
	faults?: Fault[];
	/** the node's Options */
	options?: IDataObject;
	/** timeout of each request, milliseconds; default: n8n's own */
	timeoutMs?: number;
	/** node settings; default: On Error 'Continue' */
	node?: Partial<INode>;
	server?: CandidApiSettings;
	/** default: one with client ID and secret */
	credential?: (api: CandidApi) => StoredCredential;
	/** what else is done before the run */
	prepare?: (stage: Stage) => void;
	/** runs the node; default: once, over all files */
	play?: (stage: Stage) => Promise<FileOutcome[]>;
	/**
	 * The number of files per outcome in the world 'at once', with no other outcome; default: any that
	 * keeps the invariants.
	 */
	expected?: Expected;
	/** the same for other worlds, where it is certain */
	expectedIn?: Partial<Record<World, Expected>>;
	/** whether messages must name the attachment ID of each file that is stored, with an unknown outcome ('at once') */
	namesCandidates?: boolean;
	/** whether a copy may remain, as long as a message says with its ID that it is stored */
	mayLeaveCopies?: boolean;
	/** further checks of what the server received, in the world 'at once' */
	check?: (stage: Stage) => void;
	/** the same for every world */
	checkEverywhere?: (stage: Stage) => void;
}

/** A range, from least to most, is for what depends on which of two files is faster. */
export type Expected = Partial<Record<Outcome, number | readonly [least: number, most: number]>>;

/** What a run reports of a file. 'unknown': that it is not known whether the file was stored. */
export type Outcome = 'stored' | 'not stored' | 'unknown' | 'not started';

/** What one run has reported of one of its files. */
export interface FileOutcome {
	file: TrialFile;
	outcome: Outcome;
	attachmentId?: string;
	/** the texts of its error item, or of the message of the run */
	text: string;
	/** `details.try_again` of its error item */
	tryAgain?: boolean;
	/** whether a message says that the file is stored although it should not be */
	isAdmitted?: boolean;
	/** the run that reported it */
	run?: {
		skip: boolean;
		/** IDs of the attachments that existed when it began */
		existingIds: ReadonlySet<string>;
	};
}

export interface TrialFile {
	name: string;
	bytes: Buffer;
	/** lower-case hex */
	sha256: string;
	/** called with the path under which n8n keeps the file */
	afterStoring?: (path: string) => void;
}

export function trialFile(
	name: string,
	bytes: Buffer,
	afterStoring?: TrialFile['afterStoring'],
): TrialFile {
	return { name, bytes, sha256: sha256(bytes), afterStoring };
}

export const nameOf = ({ fault, attachTo, skip }: Trial) =>
	`${fault} · ${attachTo}${skip ? ', Skip' : ''}`;
