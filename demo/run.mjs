#!/usr/bin/env node
// `npm run demo`: a small server in ./.demo, a backup, a disaster, a restore, and figures that show that everything is back.
import { installDependencies, load } from '../test/support/bootstrap.mjs';

installDependencies();
const { main } = await load('demo/main.ts');
process.exitCode = await main();
