import suppressions from '../../eslint-suppressions.json';

it("makes exceptions to n8n's lint rules for tests alone", () => {
	const files = Object.keys(suppressions);
	expect(files.filter((file) => !file.startsWith('test/'))).toEqual([]);
});
