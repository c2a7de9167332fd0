/**
 * For commands that run TypeScript directly: 'CandidHealth.node' must resolve to the TypeScript file, not
 * to the JSON file that n8n requires beside it. Node.js uses the first extension for which a file exists.
 */
const extensions: Partial<NodeJS.RequireExtensions> = require.extensions;
const { '.json': json } = extensions;
delete extensions['.json'];
extensions['.json'] = json;
