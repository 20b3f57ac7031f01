import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filled } from './cache.ts';
import { mustRun } from './command.ts';

/** Programs that come from npm have a package.json and a lockfile of their own, so that they do not weigh on the project's. */
export async function fetchNpm(name: string): Promise<string> {
  const home = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const files = ['package.json', 'package-lock.json', 'start.mjs'];
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(join(home, file)));
  const directory = await filled(join('npm', `${name}-${hash.digest('hex').slice(0, 12)}`), `${name} from npm`, async (staging) => {
    for (const file of files) await copyFile(join(home, file), join(staging, file));
    await mustRun('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: staging });
  });
  return join(directory, 'start.mjs');
}
