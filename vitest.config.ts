import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { lifeboat: fileURLToPath(new URL('generator/index.ts', import.meta.url)) } },
  test: { include: ['test/unit/**/*.test.ts', 'test/golden/**/*.test.ts'], testTimeout: 20_000 },
});
