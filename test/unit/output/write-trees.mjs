// A process of its own that writes trees, for tests that kill it: write-trees.mjs DIRECTORY TREES-AS-JSON [FS-CALL COUNT SIGNAL]
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { createJiti } from 'jiti';

const [directory, trees, call, count, signal] = process.argv.slice(2);
let calls = 0;
if (call) {
  const original = fs[call];
  fs[call] = (...parameters) => {
    calls += 1;
    if (calls === Number(count)) process.kill(process.pid, signal);
    return original(...parameters);
  };
  syncBuiltinESMExports();
}

const { writeTrees } = await createJiti(import.meta.url).import('../../../generator/output/write.ts');
await writeTrees(directory, JSON.parse(trees)).catch((error) => {
  process.stderr.write(`${error.name}: ${error.message}\n`);
  process.exitCode = 1;
});
