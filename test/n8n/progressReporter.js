/** Says which test begins, since those with a real n8n take long and jest reports by the file. */
module.exports = class {
	onTestCaseStart(_test, { ancestorTitles, title }) {
		process.stderr.write(`  … ${[...ancestorTitles, title].join(' › ')}\n`);
	}
};
