import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Tests that start real servers and programs: more time, and no more files at once than there are cores for.
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { alias: { lifeboat: fileURLToPath(new URL('../../generator/index.ts', import.meta.url)) } },
  test: {
    include: ['test/live/**/*.test.ts', 'test/support/**/*.test.ts', 'test/judges/**/*.test.ts'],
    // What no test waits for as long as nothing is broken: a machine that is busy or slow must not fail one.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    minWorkers: 1,
  },
});
