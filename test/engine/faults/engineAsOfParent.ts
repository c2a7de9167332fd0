import { useForRequire } from '../../compat/engineResolver';

// A parent that was told to use another n8n's engine has said so in the environment.
useForRequire();
