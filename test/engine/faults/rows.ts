import { answerRows } from './rows/answers';
import { clientRows } from './rows/clients';
import { connectionRows } from './rows/connections';
import { contentRows } from './rows/contents';
import { lostAnswerRows } from './rows/lostAnswers';
import { runRows } from './rows/runs';
import { tokenRows } from './rows/tokens';
import type { Trial } from './trial';

/** What can happen to files on their way, one row per fault, moment and place. */
export const faultRows: Trial[] = [
	...connectionRows,
	...tokenRows,
	...answerRows,
	...contentRows,
	...runRows,
	...lostAnswerRows,
	...clientRows,
];
