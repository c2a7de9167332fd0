const { NodeConnectionTypes } = require('n8n-workflow');

/** A minimal declarative node: one request for each item, with one field. */
class Minimal {
	constructor() {
		this.description = {
			displayName: 'Minimal',
			name: 'minimal',
			group: ['output'],
			version: 1,
			description: "Shows the cost of n8n's engine for declarative nodes per item and request",
			defaults: { name: 'Minimal' },
			inputs: [NodeConnectionTypes.Main],
			outputs: [NodeConnectionTypes.Main],
			credentials: [{ name: 'candidHealthApi' }],
			requestDefaults: { baseURL: process.env.BENCH_SERVER_URL, method: 'POST', url: '/minimal' },
			properties: [
				{
					displayName: 'Text',
					name: 'text',
					type: 'string',
					default: '',
					routing: { send: { type: 'body', property: 'text' } },
				},
			],
		};
	}
}

module.exports = { Minimal };
