import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../bin/lifeboat.mjs', import.meta.url));
let project: string;

const lifeboat = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd: project, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  return { status, stdout, stderr };
};
const profile = (name: string, text: string) => {
  writeFileSync(join(project, `infrastructure/profiles/${name}.yaml`), `name: ${name}\napp: { name: shop, domain: ${name}.shop.example }\n${text}`);
};
const backup = () => join(project, 'dist-scripts/production/infrastructure/backup/backup.sh');

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'lifeboat-project-'));
  mkdirSync(join(project, 'infrastructure/profiles'), { recursive: true });
  profile('production', '');
});
afterEach(() => {
  rmSync(project, { recursive: true, force: true });
});

describe('generate', () => {
  it('writes the scripts, counts them, names the next step and shows the warnings', () => {
    const { status, stdout, stderr } = lifeboat('generate', 'production');
    expect([status, existsSync(backup())]).toEqual([0, true]);
    expect(stdout).toMatch(/^\+ dist-scripts\/production\/ {2}\((\d{2,}) files\)\n\1 files in dist-scripts: \1 added, 0 changed, 0 removed\.\nNext: copy dist-scripts\/production\/ to .*infrastructure\/install\.sh there\n$/m);
    expect(stderr).toMatch(/\[LOC-001\] {2}warning[^]*0 errors, 1 warning\.\n$/);
  });

  it('names in the list of checksums its version and the profile that everything was made from', () => {
    const list = (): string => readFileSync(join(project, 'dist-scripts/production/SHA256SUMS'), 'utf8');
    lifeboat('generate');
    const [version, hash] = list().split('\n');
    expect([version, hash]).toEqual(['# lifeboat 0.1.0', expect.stringMatching(/^# profile [0-9a-f]{64}$/)]);
    // What is written out is no other profile; what no file shows yet is.
    profile('production', 'redis: { port: 6379 }\n');
    expect(lifeboat('generate', '--check').stdout).toBe('nothing to change\n');
    profile('production', 'objectives: { rto: { fullDisaster: 3h } }\n');
    expect(lifeboat('generate', '--check').stdout).toContain(`\n-${hash ?? ''}\n`);
  });

  it('has nothing to change the second time', () => {
    lifeboat('generate');
    expect(lifeboat('generate').stdout).toMatch(/^\d{2,} files in dist-scripts: nothing to change\.$/m);
    profile('production', 'redis: { port: 6380 }\n');
    expect(lifeboat('generate').stdout).toMatch(/^~ dist-scripts\/production\/infrastructure\/settings\.sh$/m);
  });

  it('writes nothing when one of the asked environments is wrong', () => {
    profile('staging', 'backup: { directroy: /srv }\n');
    const { status, stderr } = lifeboat('generate', 'production', 'staging');
    expect([status, existsSync(join(project, 'dist-scripts'))]).toEqual([1, false]);
    expect(stderr).toMatch(/staging\.yaml:3:\d+ {2}backup\.directroy[^]*1 error, \d+ warnings?\. Nothing was written\.\n$/);
  });

  it('takes warnings for errors with --strict', () => {
    expect(lifeboat('generate', '--strict').status).toBe(1);
    expect(existsSync(join(project, 'dist-scripts'))).toBe(false);
  });

  it('refuses to lose a file that it did not write', () => {
    lifeboat('generate');
    writeFileSync(join(project, 'dist-scripts/production/mine.txt'), 'mine');
    profile('production', 'redis: { enabled: false }\n');
    const { status, stderr } = lifeboat('generate');
    expect([status, readFileSync(join(project, 'dist-scripts/production/mine.txt'), 'utf8')]).toEqual([1, 'mine']);
    expect(stderr).toMatch(/error: these files were not written by lifeboat[^]*dist-scripts\/production\/mine\.txt\n {2}Move them away, or choose another directory with --out\n$/);
  });
});

describe('generate --check', () => {
  it('is content with what generate wrote', () => {
    lifeboat('generate');
    expect(lifeboat('generate', '--check')).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
  });

  it('shows missing, changed and surplus files, and the command that cures them', () => {
    lifeboat('generate', '--out', 'my scripts');
    const file = (name: string) => join(project, 'my scripts/production/infrastructure/backup', name);
    appendFileSync(file('backup.sh'), 'echo edited\n');
    rmSync(file('restore.sh'));
    writeFileSync(file('mine.txt'), 'mine\n'.repeat(1000));
    const { status, stdout } = lifeboat('generate', 'production', '--check', '--out', 'my scripts');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^~ production\/infrastructure\/backup\/backup\.sh\n--- [^]*^-echo edited$/m);
    // A missing or a surplus file is one line, whatever it holds.
    expect(stdout.split('\n').slice(-4, -1)).toEqual([
      '- production/infrastructure/backup/mine.txt  (not written by lifeboat: move it away)',
      '+ production/infrastructure/backup/restore.sh',
      expect.stringMatching(/^1 to add/),
    ]);
    expect(stdout).toMatch(/^1 to add, 1 to change, 1 to remove\. Run: npx lifeboat generate production --out 'my scripts'\n$/m);
    expect(existsSync(file('restore.sh'))).toBe(false);
  });

  it('tells an environment that was never generated in one line, and a missing file in one', () => {
    lifeboat('generate');
    profile('staging', '');
    rmSync(join(project, 'dist-scripts/production/infrastructure/backup/restore.sh'));
    const { status, stdout } = lifeboat('generate', '--check');
    const count = Number(/never generated: (\d+) files/.exec(stdout)?.[1]);
    expect([status, stdout]).toEqual([
      1,
      `+ production/infrastructure/backup/restore.sh\n+ staging/  (never generated: ${count} files)\n${count + 1} to add, 0 to change, 0 to remove. Run: npx lifeboat generate\n`,
    ]);
  });

  it('writes nothing, not even the directory', () => {
    expect(lifeboat('generate', '--check').status).toBe(1);
    expect(existsSync(join(project, 'dist-scripts'))).toBe(false);
  });
});

describe('explain', () => {
  it('prints a page, or a list of objects', () => {
    expect(lifeboat('explain', 'production').stdout).toMatch(/^production: shop at production\.shop\.example[^]*Next: npx lifeboat generate production\n$/);
    const [explanation] = JSON.parse(lifeboat('explain', '--json', '--set-size', '2GB').stdout) as [{ environment: string; storage: object }];
    expect(explanation).toMatchObject({ environment: 'production', storage: { setBytes: 2e9 } });
  });

  it('refuses a size that is none', () => {
    expect(lifeboat('explain', '--set-size', '2')).toMatchObject({ status: 2, stderr: expect.stringMatching(/--set-size must be a size \(got "2"\)\n {2}Write a whole number and a unit, such as 2GB or 500MiB/) as string });
  });
});

describe('diff', () => {
  it('says how two environments differ, field by field and file by file', () => {
    profile('staging', 'redis: { port: 6380 }\n');
    const { status, stdout } = lifeboat('diff', 'production', 'staging');
    expect(status).toBe(0);
    expect(stdout).toContain('  redis.port: 6379 -> 6380\n');
    // The parts are the same; what differs are the settings, what names the environment, and the list.
    const files = [...stdout.matchAll(/^ {2}~ (\S+) {2}\(-\d+ \+\d+ lines\)$/gm)].map(([, name]) => name);
    expect(files).toEqual(['../deploy/backup-setup.sh', 'backup/RECOVERY.md', 'backup/backup.env.example', 'backup/backup.sh', 'backup/restore.sh', 'cron/shop-backup', 'install.sh', 'parts.sha256', 'settings.sh'].map((name) => posix.join('infrastructure', name)));
    expect(stdout).toMatch(/^3 fields and 9 files differ\.$/m);
  });

  it('names a file that only one of the two has in one line', () => {
    profile('staging', 'backup: { scheduler: systemd }\n');
    const { stdout } = lifeboat('diff', 'production', 'staging');
    const added = ['config.path', 'config.service', 'config.timer', 'database.service', 'database.timer', 'full.service', 'full.timer', 'incremental.service', 'incremental.timer'];
    expect(stdout.split('\n').filter((line) => /^ {2}[-+]/.test(line)).sort()).toEqual([
      ...added.map((name) => `  + infrastructure/systemd/shop-backup-${name}`),
      '  - infrastructure/cron/shop-backup',
    ].sort());
  });

  it('refuses to compare a profile with itself', () => {
    expect(lifeboat('diff', 'production', 'production')).toMatchObject({ status: 1, stderr: expect.stringContaining('are the same profile') as string });
  });
});
