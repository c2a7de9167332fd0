/**
 * For commands that run TypeScript as it is: 'CandidHealth.node' has to mean the TypeScript file, and
 * not the JSON file that n8n wants beside it. Node.js takes the first extension that there is.
 */
const extensions: Partial<NodeJS.RequireExtensions> = require.extensions;
const { '.json': json } = extensions;
delete extensions['.json'];
extensions['.json'] = json;
