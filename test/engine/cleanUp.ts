export { cleanUp as default } from './environment';
