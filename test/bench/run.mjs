#!/usr/bin/env node
// `npm run bench [-- --quick | --files 1GB --documents 200000 …]`: lifeboat beside restic, borg and what people write by hand.
import { installDependencies, load } from '../support/bootstrap.mjs';

installDependencies();
const { main } = await load('test/bench/main.ts');
process.exitCode = await main(process.argv.slice(2));
