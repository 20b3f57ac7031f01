import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTree, treeOf, type Tree } from '../../../generator/output/tree.ts';
import { compareTrees, writeTrees } from '../../../generator/output/write.ts';

const program = fileURLToPath(new URL('write-trees.mjs', import.meta.url));
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeboat-output-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const treeWith = (environment: string, text: string, names = ['backup/backup.sh', 'backup/restore.sh', 'backup/backup.env.example']): Tree =>
  treeOf(environment, names.map((path) => ({ path, text: `${text} ${path}\n`, mode: path.endsWith('.sh') ? 0o755 : 0o644 })));
const oldTrees = [treeWith('production', 'old'), treeWith('staging', 'old')];
const newTrees = [treeWith('production', 'new', ['backup/backup.sh', 'deploy/setup.sh']), treeWith('staging', 'new', ['backup/backup.sh'])];
const matches = (trees: readonly Tree[]) => compareTrees(directory, trees).every(({ changes }) => changes.length === 0);
const leftovers = () => readdirSync(directory).filter((name) => name.startsWith('.'));

describe('writeTrees', () => {
  it('writes every file with its mode and a list of checksums that sha256sum accepts', async () => {
    await writeTrees(directory, oldTrees);
    expect(matches(oldTrees)).toBe(true);
    expect(statSync(join(directory, 'production/backup/backup.sh')).mode & 0o777).toBe(0o755);
    expect(statSync(join(directory, 'production/backup/backup.env.example')).mode & 0o777).toBe(0o644);
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: join(directory, 'production') });
    expect(leftovers()).toEqual([]);
  });

  it('names above the checksums what the files were made from, and sha256sum passes over it', async () => {
    const tree = treeOf('production', [{ path: 'backup/backup.sh', text: 'x\n', mode: 0o755 }], ['lifeboat 1.2.3', 'profile 0123']);
    await writeTrees(directory, [tree]);
    const list = join(directory, 'production/SHA256SUMS');
    expect(readFileSync(list, 'utf8')).toMatch(/^# lifeboat 1\.2\.3\n# profile 0123\n[0-9a-f]{64} {2}backup\/backup\.sh\n$/);
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: join(directory, 'production') });
    await writeTrees(directory, [treeOf('production', [{ path: 'deploy/setup.sh', text: 'x\n', mode: 0o755 }], ['lifeboat 1.2.4'])]);
    expect([...readTree(join(directory, 'production')).keys()]).toEqual(['SHA256SUMS', 'deploy/setup.sh']);
  });

  it('is not swayed by the umask', () => {
    execFileSync('bash', ['-c', 'umask 077 && exec "$@"', 'bash', process.execPath, program, join(directory, 'out'), JSON.stringify(oldTrees)]);
    expect(statSync(join(directory, 'out/production/backup/backup.sh')).mode & 0o777).toBe(0o755);
    expect(statSync(join(directory, 'out/production/backup')).mode & 0o777).toBe(0o755);
  });

  it('removes what it wrote before and writes no more', async () => {
    await writeTrees(directory, oldTrees);
    await writeTrees(directory, newTrees);
    expect([...readTree(join(directory, 'production')).keys()]).toEqual(['SHA256SUMS', 'backup/backup.sh', 'deploy/setup.sh']);
  });

  it('touches nothing when nothing differs', async () => {
    await writeTrees(directory, oldTrees);
    const before = statSync(join(directory, 'production')).ino;
    await writeTrees(directory, oldTrees);
    expect(statSync(join(directory, 'production')).ino).toBe(before);
  });

  it('replaces a generated file that was edited by hand', async () => {
    await writeTrees(directory, oldTrees);
    writeFileSync(join(directory, 'production/backup/backup.sh'), 'edited');
    await writeTrees(directory, oldTrees);
    expect(matches(oldTrees)).toBe(true);
  });

  it.each(['production/notes.txt', 'staging/deploy/mine.sh'])('refuses to remove %s, which it did not write', async (path) => {
    await writeTrees(directory, oldTrees);
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), 'mine');
    await expect(writeTrees(directory, newTrees)).rejects.toThrow(`not written by lifeboat and would be lost; nothing was written:\n  ${join(directory, path)}`);
    expect(readFileSync(join(directory, path), 'utf8')).toBe('mine');
    expect(existsSync(join(directory, 'production/deploy/setup.sh'))).toBe(false);
  });

  it('refuses to replace a file that it did not write', async () => {
    mkdirSync(join(directory, 'production/backup'), { recursive: true });
    writeFileSync(join(directory, 'production/backup/backup.sh'), 'mine');
    await expect(writeTrees(directory, newTrees)).rejects.toThrow('production/backup/backup.sh');
    expect(readFileSync(join(directory, 'production/backup/backup.sh'), 'utf8')).toBe('mine');
    expect(existsSync(join(directory, 'staging'))).toBe(false);
  });

  it('does not take a file for its own because an edited list of checksums names it from outside', async () => {
    mkdirSync(join(directory, 'production'));
    writeFileSync(join(directory, 'precious'), 'mine');
    writeFileSync(join(directory, 'production/SHA256SUMS'), `${'0'.repeat(64)}  ../precious\n`);
    await writeTrees(directory, newTrees);
    expect(readFileSync(join(directory, 'precious'), 'utf8')).toBe('mine');
  });

  it('refuses a link in the place of an environment', async () => {
    mkdirSync(join(directory, 'elsewhere'));
    symlinkSync('elsewhere', join(directory, 'production'));
    await expect(writeTrees(directory, newTrees)).rejects.toThrow('production is not a directory');
    expect(readdirSync(join(directory, 'elsewhere'))).toEqual([]);
  });

  it('says which directory cannot be written and why', async () => {
    writeFileSync(join(directory, 'file'), '');
    await expect(writeTrees(join(directory, 'file/out'), newTrees)).rejects.toThrow(/cannot write to .*file\/out: ENOTDIR.*nothing was changed/);
  });

  it('leaves the old trees when the directory is read-only', async () => {
    await writeTrees(directory, oldTrees);
    chmodSync(directory, 0o555);
    const nobody = 65_534;
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(directory, nobody, nobody);
    const result = spawnSync(process.execPath, [program, directory, JSON.stringify(newTrees)], { encoding: 'utf8', ...(isRoot ? { uid: nobody, gid: nobody } : {}) });
    chmodSync(directory, 0o755);
    expect(result.stderr).toMatch(/UserError: cannot write to .*EACCES/);
    expect(matches(oldTrees)).toBe(true);
  });
});

describe('an interrupted writeTrees', () => {
  const run = (...fault: string[]) => spawnSync(process.execPath, [program, directory, JSON.stringify(newTrees), ...fault], { encoding: 'utf8' });
  const isOldOrAbsent = (index: number) => {
    const [old, fresh] = [oldTrees[index], newTrees[index]];
    const isAbsent = !existsSync(join(directory, old?.environment ?? ''));
    return isAbsent || matches(old ? [old] : []) || matches(fresh ? [fresh] : []);
  };

  const moments = [
    ...[1, 2, 3, 4, 5, 6].map((count) => ['writeFileSync', count] as const),
    ...[1, 3, 5, 6].map((count) => ['fsyncSync', count] as const),
    ...[1, 2, 3, 4].map((count) => ['renameSync', count] as const),
    ...[1, 2].map((count) => ['rmSync', count] as const),
  ];

  it.each(moments)('killed at %s call %i never mixes old and new, and the next run ends well', async (call, count) => {
    await writeTrees(directory, oldTrees);
    expect(run(call, String(count), 'SIGKILL').signal).toBe('SIGKILL');
    expect([isOldOrAbsent(0), isOldOrAbsent(1)]).toEqual([true, true]);
    await writeTrees(directory, newTrees);
    expect(matches(newTrees)).toBe(true);
    expect(leftovers()).toEqual([]);
  });

  it.each([1, 2, 3, 4])('killed at rename %i is finished by a run that is asked for one environment only', async (count) => {
    await writeTrees(directory, oldTrees);
    run('renameSync', String(count), 'SIGKILL');
    await writeTrees(directory, [treeWith('production', 'newest')]);
    expect(matches([treeWith('production', 'newest'), ...newTrees.slice(1)])).toBe(true);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s takes effect after the last rename', async (signal) => {
    await writeTrees(directory, oldTrees);
    expect(run('renameSync', '1', signal).signal).toBe(signal);
    expect(matches(newTrees)).toBe(true);
    expect(leftovers()).toEqual([]);
  });
});

describe('two at once', () => {
  it('the second is refused while the first runs', async () => {
    await writeTrees(directory, oldTrees);
    const first = spawn('sleep', ['60']);
    writeFileSync(join(directory, '.lifeboat.lock'), `${first.pid ?? 0}\n`);
    await expect(writeTrees(directory, newTrees)).rejects.toThrow(`another lifeboat (process ${first.pid ?? 0}) is writing to the same directory; nothing was written`);
    first.kill();
    await new Promise((resolve) => first.once('exit', resolve));
    await writeTrees(directory, newTrees);
    expect(matches(newTrees)).toBe(true);
  });

  it('many at once leave one whole result', async () => {
    const runs = await Promise.all(
      ['a', 'b', 'c', 'd'].map(
        (text) => new Promise<number | null>((resolve) => spawn(process.execPath, [program, directory, JSON.stringify([treeWith('production', text)])]).once('exit', resolve)),
      ),
    );
    expect(runs).toContain(0);
    expect(['a', 'b', 'c', 'd'].filter((text) => matches([treeWith('production', text)]))).toHaveLength(1);
    expect(leftovers()).toEqual([]);
  });
});
