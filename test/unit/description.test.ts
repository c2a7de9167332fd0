import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';

const { properties } = new CandidHealth().description;

// For each property of a name, and once more for a routing, the engine evaluates the name's expression
// twice for every item (test/engine/facts.test.ts): 0.4 ms each time.
it.each(['chargeCaptureExternalId', 'encounterId', 'attachmentId', 'chargeCapture', 'encounter'])(
	'%s is the name of one property',
	(name) => {
		expect(properties.filter((property) => property.name === name)).toHaveLength(1);
	},
);

it.each(['chargeCaptureExternalId', 'encounterId'])(
	'%s, which uploads have, is put into the request without a routing of its own',
	(name) => {
		expect(properties.find((property) => property.name === name)).not.toHaveProperty('routing');
	},
);
