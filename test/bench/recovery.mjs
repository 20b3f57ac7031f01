#!/usr/bin/env node
// `npm run bench:recovery [-- operations megabytes]`: a restore to a moment, beside mongorestore --oplogReplay.
import { installDependencies, load } from '../support/bootstrap.mjs';

installDependencies();
const { benchRecovery } = await load('test/bench/recovery.ts');
await benchRecovery(...process.argv.slice(2).map(Number));
