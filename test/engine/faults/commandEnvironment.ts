import prepare, { cleanUp } from '../environment';

// What jest does before and after the tests; n8n-core reads its settings as it is loaded.
prepare();
process.once('exit', cleanUp);
