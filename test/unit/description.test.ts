import { CandidHealth } from '../../nodes/CandidHealth/CandidHealth.node';

const { properties } = new CandidHealth().description;

// For every item, the engine evaluates a parameter's expression twice for each property with that name,
// and twice more for a property with a routing (test/engine/facts.test.ts); each time takes 0.4 ms.
it.each(['chargeCaptureExternalId', 'encounterId', 'attachmentId', 'chargeCapture', 'encounter'])(
	'%s is the name of only one property',
	(name) => {
		expect(properties.filter((property) => property.name === name)).toHaveLength(1);
	},
);

it.each(['chargeCaptureExternalId', 'encounterId'])(
	'%s, a parameter of uploads, has no routing of its own',
	(name) => {
		expect(properties.find((property) => property.name === name)).not.toHaveProperty('routing');
	},
);
