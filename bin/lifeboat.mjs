#!/usr/bin/env node
// Starts the generator straight from its TypeScript; there is no build step.
import { createJiti } from 'jiti';

// A reader that closes the pipe, as head does, is no error.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
});

const { run } = await createJiti(import.meta.url).import('../generator/cli/main.ts');
process.exitCode = await run(process.argv.slice(2));
