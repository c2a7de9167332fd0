import {
	enterLane,
	forgetUncertain,
	othersSettledAt,
	rememberUncertain,
} from '../../nodes/CandidHealth/run/lane';

it('lets in one after another, in the order in which they came', async () => {
	const order: string[] = [];
	const visit = async (name: string) => {
		const leave = await enterLane('one by one');
		order.push(`${name} in`);
		await new Promise((resolve) => setImmediate(resolve));
		order.push(`${name} out`);
		leave();
	};
	await Promise.all(['a', 'b', 'c'].map(visit));
	expect(order).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
});

it('does not wait for another lane', async () => {
	await enterLane('held');
	(await enterLane('free'))();
});

it('says when Candid is done with the other files that may be stored', async () => {
	const [one, other] = [{}, {}];
	(await enterLane('uncertain'))();
	expect(othersSettledAt('uncertain', one)).toBeUndefined();
	rememberUncertain('uncertain', one, 1000);
	rememberUncertain('uncertain', one, 2000);
	rememberUncertain('uncertain', other, 500);
	expect(othersSettledAt('uncertain', one)).toBe(500);
	expect(othersSettledAt('uncertain', other)).toBe(2000);
	forgetUncertain('uncertain', one);
	expect(othersSettledAt('uncertain', other)).toBeUndefined();
});

it('forgets the oldest lanes, but none that is in use', async () => {
	(await enterLane('left long ago'))();
	rememberUncertain('left long ago', {}, 1);
	await enterLane('in use');
	rememberUncertain('in use', {}, 2);
	for (let index = 0; index < 6000; index++) (await enterLane(`lane ${index}`))();
	expect(othersSettledAt('left long ago', {})).toBeUndefined();
	expect(othersSettledAt('in use', {})).toBe(2);
});
