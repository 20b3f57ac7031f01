// azurite-blob alone. It looks for its own name in the main module, so it must be that.
import Module from 'node:module';
import { join } from 'node:path';

process.argv[1] = join(import.meta.dirname, 'node_modules/azurite/dist/src/blob/main.js');
Module.runMain();
