import { enterLane, rememberStored, storedIn } from '../../nodes/CandidHealth/upload/lanes';

it('a lane lets in one after another, in the order in which they came', async () => {
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

it('lanes do not wait for each other', async () => {
	await enterLane('held');
	(await enterLane('free'))();
});

it('a lane remembers what was stored in it, and not without end', async () => {
	(await enterLane('often'))();
	for (let index = 0; index < 1500; index++) rememberStored('often', `id-${index}`);
	const ids = [...storedIn('often').keys()];
	expect(ids).toHaveLength(1000);
	expect(ids.at(-1)).toBe('id-1499');
});

it('lanes that nobody is in are forgotten, the oldest first, and no other', async () => {
	(await enterLane('left long ago'))();
	rememberStored('left long ago', 'a');
	await enterLane('in use');
	rememberStored('in use', 'b');
	for (let index = 0; index < 6000; index++) (await enterLane(`lane ${index}`))();
	expect(storedIn('left long ago').size).toBe(0);
	expect(storedIn('in use').size).toBe(1);
});
