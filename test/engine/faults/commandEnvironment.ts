import prepare, { cleanUp } from '../environment';

// Does what jest does before and after the tests. n8n-core reads its settings when it is loaded.
prepare();
process.once('exit', cleanUp);
