import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filled } from './cache.ts';
import { mustRun } from './command.ts';

/** Programs that come from npm have a package.json and a lockfile of their own, so that they do not weigh on the project's. */
export async function fetchNpm(name: string, bin: string): Promise<string> {
  const home = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const lock = createHash('sha256').update(await readFile(join(home, 'package-lock.json'))).digest('hex').slice(0, 12);
  const directory = await filled(join('npm', `${name}-${lock}`), `${name} from npm`, async (staging) => {
    for (const file of ['package.json', 'package-lock.json']) await copyFile(join(home, file), join(staging, file));
    await mustRun('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: staging });
  });
  return join(directory, 'node_modules', bin);
}
