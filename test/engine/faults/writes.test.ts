import { inPool } from './pool';
import { scaleWaits } from './scaledWaits';
import { playWrites } from './writes';

const RUNS = 120;

const CONCURRENT = 8;

beforeAll(() => scaleWaits(0.02));
afterAll(() => scaleWaits(1));

it(`what ${RUNS} runs with random faults say of what they wrote is so`, async () => {
	const seeds = Array.from({ length: RUNS }, (_, index) => index + 1);
	const breaches = await inPool(
		seeds.map((seed) => async () => await playWrites(seed)),
		CONCURRENT,
	);
	expect(breaches.flat()).toEqual([]);
}, 300_000);
