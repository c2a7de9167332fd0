import { useForRequire } from '../../compat/engineResolver';

// The environment of the parent process names the n8n engine to use.
useForRequire();
