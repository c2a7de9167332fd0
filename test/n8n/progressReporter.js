/** Prints each test when it starts: tests with a real n8n take long, and jest reports only whole files. */
module.exports = class {
	onTestCaseStart(_test, { ancestorTitles, title }) {
		process.stderr.write(`  … ${[...ancestorTitles, title].join(' › ')}\n`);
	}
};
