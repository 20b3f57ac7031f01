#!/usr/bin/env node
import { installDependencies, load } from './bootstrap.mjs';

installDependencies();
const { main } = await load('test/support/tools/main.ts');
process.exitCode = await main(process.argv.slice(2));
