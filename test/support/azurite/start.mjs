#!/usr/bin/env node
// azurite-blob alone, without the queues and tables of the whole package.
await import('./node_modules/azurite/dist/src/blob/main.js');
