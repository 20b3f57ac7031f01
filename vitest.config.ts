import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { lifeboat: fileURLToPath(new URL('generator/index.ts', import.meta.url)) } },
  test: {
    include: ['test/unit/**/*.test.ts', 'test/golden/**/*.test.ts'],
    globalSetup: 'test/unit/temporary.ts',
    setupFiles: ['test/unit/between-tests.ts', 'test/unit/seed.ts'],
    // What no test waits for as long as nothing is broken.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
