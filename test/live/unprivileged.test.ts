import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheDirectory } from '../support/tools/cache.ts';
import { capture, type CommandResult } from '../support/tools/command.ts';
import { toolPath } from '../support/tools/ensure.ts';
import { backUp, systemPath } from './support/script.ts';
import { createWorld, type World } from './support/world.ts';

const project = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const root = process.getuid?.() === 0;
let scratch: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'lifeboat-unprivileged-'));
  await chmod(scratch, 0o755);
});
afterAll(() => rm(scratch, { recursive: true }));

/** Runs a command as nobody; who is no root already runs it as what they are. */
async function asNobody(name: string, command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  const home = join(scratch, name);
  const mounts = join(scratch, `${name}-mounts`);
  for (const directory of [home, mounts]) await mkdir(directory);
  if (root) await chown(home, 65_534, 65_534);
  const wrapper = root ? [join(project, 'test/live/support/unprivileged.sh'), mounts, project, cacheDirectory()] : [];
  const [program = '', ...args] = [...wrapper, ...command];
  const base = { PATH: toolPath(systemPath), HOME: home, TMPDIR: home, XDG_CACHE_HOME: dirname(cacheDirectory()), NO_COLOR: '1' };
  return capture(program, args, { cwd: project, env: { ...base, ...env }, timeoutSeconds: 400 });
}

describe('a user without any privilege, who owns the application and runs the servers', () => {
  // Each step once; that they can be repeated, and what a restored server can do, has nothing to do with who asks.
  it('can do the whole round trip: what root can back up, restore, undo and forget, that user can', async () => {
    const steps = ['nothing is as it was', 'restore.sh latest --all', '--undo brings back', '--forget removes'];
    const report = join(scratch, 'trip/report.json');
    const config = join(project, 'test/support/vitest.config.ts');
    const vitest = [process.execPath, join(project, 'node_modules/vitest/vitest.mjs'), 'run', '--config', config, '--reporter=json', `--outputFile=${report}`];
    const { code, stdout, stderr } = await asNobody('trip', [...vitest, join(project, 'test/live/round-trip.test.ts'), '--testNamePattern', steps.join('|')]);
    expect(code, stdout + stderr).toBe(0);
    const { numPassedTests, numFailedTests } = JSON.parse(await readFile(report, 'utf8')) as { numPassedTests: number; numFailedTests: number };
    expect([numPassedTests, numFailedTests]).toEqual([steps.length, 0]);
  });
});

describe('a user who may not read what root owns', () => {
  let world: World;
  let before: string[];

  beforeAll(async () => {
    world = await createWorld({ name: 'needs-root' });
    await mkdir(join(world.paths.uploads, 'fixture/modes'), { recursive: true });
    for (const file of [join(world.nginx.configDirectory, 'snippets/private.conf'), join(world.paths.uploads, 'fixture/modes/400')]) await writeFile(file, '# for its owner alone\n', { mode: 0o400 });
    await backUp(world, '--config');
    await chmod(world.root, 0o755);
    // A user who is not root owns it all, and has to lock itself out.
    if (!root) for (const path of [world.paths.envFile, join(world.nginx.configDirectory, 'snippets/private.conf'), join(world.paths.uploads, 'fixture/modes/400')]) await chmod(path, 0o000);
    before = await readdir(world.paths.backups);
  });
  afterAll(() => world.close());

  const run = (name: string, script: string, ...args: readonly string[]): Promise<CommandResult> =>
    asNobody(name, [join(world.paths.appRoot, 'infrastructure/backup', script), ...args]);

  it('is told of everything at once by backup.sh, which then touches nothing', async () => {
    const { code, stderr } = await run('backup', 'backup.sh', '--full');
    expect([code, stderr]).toEqual([3, expect.stringContaining(`cannot read ${world.paths.envFile}: run as root`)]);
    expect(stderr).toContain('snippets/private.conf');
    expect(stderr).toContain('run with sudo');
    expect(stderr).toMatch(/preflight found [2-9]\d* problem\(s\); nothing was touched/);
    expect(await readdir(world.paths.backups)).toEqual(before);
  });

  it.each([
    ['restore.sh', ['latest', '--all', '--dry-run']],
    ['backup.sh', ['--list']],
  ] as const)('is told by %s that it cannot see the sets, and not that there are none', async (script, args) => {
    if (!root) await chmod(world.paths.backups, 0o000);
    const { code, stderr } = await run(`sets-${script}`, script, ...args).finally(() => chmod(world.paths.backups, 0o700));
    expect([code, stderr]).toEqual([3, expect.stringContaining(`cannot read ${world.paths.backups}: run as`)]);
  });
});
