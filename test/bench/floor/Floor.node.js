const { NodeConnectionTypes } = require('n8n-workflow');

/** As little as a declarative node can be: one request for each item, with one field. */
class Floor {
	constructor() {
		this.description = {
			displayName: 'Floor',
			name: 'floor',
			group: ['output'],
			version: 1,
			description: "What n8n's engine for declarative nodes costs for each item and request",
			defaults: { name: 'Floor' },
			inputs: [NodeConnectionTypes.Main],
			outputs: [NodeConnectionTypes.Main],
			credentials: [{ name: 'candidHealthApi' }],
			requestDefaults: { baseURL: process.env.BENCH_SERVER_URL, method: 'POST', url: '/floor' },
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

module.exports = { Floor };
