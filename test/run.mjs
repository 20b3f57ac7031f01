#!/usr/bin/env node
// `npm test`: installs what is missing, runs every suite (or those that are named), ends with the line `N passed, N failed`.
import { installDependencies, load } from './support/bootstrap.mjs';

installDependencies();
const { main } = await load('test/support/runner/main.ts');
process.exitCode = await main(process.argv.slice(2));
