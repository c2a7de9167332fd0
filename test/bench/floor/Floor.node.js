const { NodeConnectionTypes } = require('n8n-workflow');

/** As little as a declarative node can be: one request for each item, with nothing in it. */
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
			requestDefaults: { baseURL: process.env.BENCH_SERVER_URL },
			properties: [
				{
					displayName: 'Request',
					name: 'request',
					type: 'hidden',
					default: 'empty',
					routing: { request: { method: 'POST', url: '/' } },
				},
			],
		};
	}
}

module.exports = { Floor };
