import { answerRows } from './rows/answers';
import { clientRows } from './rows/clients';
import { connectionRows } from './rows/connections';
import { contentRows } from './rows/contents';
import { lostAnswerRows } from './rows/lostAnswers';
import { runRows } from './rows/runs';
import { tokenRows } from './rows/tokens';
import type { Trial } from './trial';

/** All faults that can happen to uploads: one row per fault, moment and target. */
export const faultRows: Trial[] = [
	...connectionRows,
	...tokenRows,
	...answerRows,
	...contentRows,
	...runRows,
	...lostAnswerRows,
	...clientRows,
];
