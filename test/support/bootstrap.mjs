/**
 * The first step of everything that a fresh checkout can be asked to do. Plain JavaScript, because TypeScript can only be loaded
 * once node_modules is there.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.lifeboat-lock');

/** Runs `npm ci` when node_modules is missing or was installed from another lockfile. */
export function installDependencies() {
  const lock = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  if (!installedFrom()) {
    process.stderr.write('installing the packages of package-lock.json (npm ci) …\n');
    // A registry that is busy for a moment is asked again.
    const install = () => spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio: ['ignore', 2, 2] }).status === 0;
    if (!install() && !install()) {
      process.stderr.write('npm ci failed: see its message above\n');
      process.exit(1);
    }
  }
  writeFileSync(stamp, lock);
}

/** npm keeps a copy of the lockfile it installed; where every package of ours stands in it with its version, nothing is stale. */
function installedFrom() {
  const hidden = join(modules, '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => path === '' || entry.optional || present[path]?.version === entry.version);
}

/** Loads a TypeScript module of the project. */
export async function load(path) {
  const { createJiti } = await import('jiti');
  return createJiti(import.meta.url).import(join(root, path));
}
