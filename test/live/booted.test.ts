import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProfileInput } from '../../generator/profile/schema.ts';
import { type Box, startBox } from '../support/servers/box.ts';
import { Hands } from '../support/servers/remotes/remote.ts';
import { type S3Server, startS3 } from '../support/servers/remotes/s3.ts';
import { loseEverything } from './support/disaster.ts';
import { gpgKey, type Key, sshKey } from '../support/sandbox/keys.ts';
import { manifestOf, setsOf } from './support/manifest.ts';
import { expectedAt, impatient, inEnvironment, inProfile } from './support/remotes.ts';
import { leftHalfBuilt, restore, succeed } from './support/script.ts';
import { seedEverything, seedLittle } from './support/seed.ts';
import { createWorld, type World } from './support/world.ts';

let world: World;
let remote: S3Server;
let key: Key;
let signer: Key;
let box: Box;

type Backup = NonNullable<ProfileInput['backup']>;

// Not below /tmp, of which a service has one of its own: in a home directory, as in the guide.
beforeAll(async () => {
  world = await createWorld({ root: await mkdtemp('/home/lifeboat-booted-') });
  await seedEverything(world);
  remote = await startS3({ dir: world.root });
  [key, signer] = await Promise.all([gpgKey(world.root, 'gpg'), sshKey(world.root, 'signer')]);
  const secrets = Object.entries(inEnvironment(remote.section)).map(([name, value]) => `${name}='${value}'\n`);
  await appendFile(world.paths.envFile, secrets.join(''));
  await install({ scheduler: 'systemd' });
  box = await startBox(world.root);
});
afterAll(async () => {
  await box.stop();
  await remote.close();
  await world.close();
});

/** Encrypted, signed and copied elsewhere: what the sandbox of a service could forbid is all there. */
async function install(changed: Backup): Promise<void> {
  const backup: Backup = {
    ...world.profile.backup,
    encryption: { method: 'gpg', keyFiles: [key.recipient] },
    signing: { keyFile: signer.identity, publicKeys: [signer.recipient] },
    remotes: [inProfile(remote)],
    transfer: impatient,
    ...changed,
  };
  await writeFile(world.profileFile, JSON.stringify({ ...world.profile, backup }));
  await world.install();
}

/** Runs a command in the box, which has to end well. */
async function must(...command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await box.run(command);
  expect(code, `${command.join(' ')}\n${stderr}\n${stdout}\n${(await box.run(['journalctl', '--no-pager', '--lines=60'])).stdout}`).toBe(0);
  return stdout.trim();
}

/** Sets the box up with what was generated last, as the README says. Prints what would change, and says what was. */
const setUp = async (options = '--yes'): Promise<string> => {
  const copy = `rm -rf /root/plugspace; cp -r '${world.root}/generated/sandbox' /root/plugspace`;
  return must('bash', '-c', `set -e; ${copy}; ${await fromReadme('rsync', /backup-setup\.sh/)} ${options}`);
};
/** What a second run has to say. */
const nothingToChange = async (): Promise<void> => {
  const { code, stdout, stderr } = await box.run(['/root/plugspace/deploy/backup-setup.sh', '--check']);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: expect.stringContaining('all is as it should be; nothing to change') as string });
};
const service = (job: string): string => `plugspace-backup-${job}.service`;

/** Waits for as long as a busy machine may need; what never comes fails the test with what the box says. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 400_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not yet ${what}\n${await must('journalctl', '--no-pager', '--lines=80')}`);
    await sleep(200);
  }
}

const typesOfSets = async (): Promise<string[]> => Promise.all((await setsOf(world)).map(async (set) => (await manifestOf(world, set)).type));
const another = async (type: string): Promise<void> => {
  const before = (await setsOf(world)).length;
  await until(`one more set of the type ${type}`, async () => (await typesOfSets()).slice(before).includes(type));
};

/** Lines of the README, of the block that begins so. */
async function fromReadme(start: string, which: RegExp): Promise<string> {
  const readme = await readFile(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
  const block = readme.split('```sh\n').find((text) => text.startsWith(start))?.split('```')[0] ?? '';
  const lines = block.replaceAll('shop', 'plugspace').split('\n').map((line) => line.replace(/ +#.*/, '')).filter((line) => which.test(line));
  expect(lines).not.toEqual([]);
  return lines.join('\n');
}

// One story: each test goes on where the one before it ended.
describe('systemd', () => {
  it('runs every job in its sandbox: encrypted, signed, and copied to the remote', async () => {
    const planned = await setUp();
    expect(planned).toMatch(/^\+ \/etc\/systemd\/system\/plugspace-backup-full\.timer$/m);
    expect(planned).toMatch(/^\+ first full backup/m);
    await nothingToChange();
    await must('bash', '-c', 'systemctl stop plugspace-backup-{full,incremental,database,config}.timer plugspace-backup-config.path');
    for (const job of ['incremental', 'database', 'config']) {
      await seedLittle(world, job);
      await writeFile(join(world.paths.letsencrypt, 'changed'), job);
      await must('systemctl', 'start', '--wait', service(job));
    }
    const manifests = await Promise.all((await setsOf(world)).map((set) => manifestOf(world, set)));
    expect(manifests.map(({ type }) => type)).toEqual(['full', 'incremental', 'database', 'config']);
    expect(manifests.flatMap(({ warnings }) => warnings)).toEqual([]);
    for (const { components } of manifests) for (const { file } of Object.values(components)) expect(file).toMatch(/\.gpg$/);
    expect(await new Hands(remote).list('production')).toEqual(await expectedAt(world));
    expect(await leftHalfBuilt(world)).toEqual([]);
  });

  it('tries a run again that found another one at work', async () => {
    const unit = service('config');
    await must('mkdir', '-p', `/etc/systemd/system/${unit}.d`);
    await must('sh', '-c', `printf '[Service]\\nRestartSec=1\\n' >/etc/systemd/system/${unit}.d/soon.conf && systemctl daemon-reload`);
    await writeFile(join(world.paths.letsencrypt, 'changed'), 'while another run is at work');
    // Of a run that is short it would wait for the end.
    await writeFile(join(world.paths.backups, '.state/lock'), 'a test\n');
    const holder = spawn('bash', ['-c', 'exec 9<>"$1"; flock 9; echo held; read -r line', 'bash', join(world.paths.backups, '.state/lock')], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    await must('systemctl', 'start', '--no-block', unit);
    await until('tried again', async () => Number(await must('systemctl', 'show', '--property=NRestarts', '--value', unit)) > 1);
    const came = another('config');
    holder.stdin.end('\n');
    await came;
  });

  it('ends a run cleanly when it is told to', async () => {
    const before = await setsOf(world);
    const lines = (await readFile(world.paths.logFile, 'utf8')).length;
    await must('systemctl', 'start', '--no-block', service('full'));
    await until('a dump', async () => (await readFile(world.paths.logFile, 'utf8')).slice(lines).includes('MongoDB: dumping'));
    await must('systemctl', 'stop', service('full'));
    expect((await readFile(world.paths.logFile, 'utf8')).slice(lines)).toContain('ended by SIGTERM');
    expect(await setsOf(world)).toEqual(before);
    expect(await leftHalfBuilt(world)).toEqual([]);
  });

  it('starts the jobs by the clock and by a change, after the next boot, too', async () => {
    await install({ scheduler: 'systemd', types: { database: { schedule: '* * * * *' } } });
    await setUp();
    await another('database');
    await box.reboot();
    await nothingToChange();
    await another('database');
    // What changes while the configuration is backed up systemd leaves to the timer: here the watch is alone, and nothing runs.
    await must('systemctl', 'stop', 'plugspace-backup-config.timer');
    await until('idle', async () => (await must('systemctl', 'show', '--property=ActiveState', '--value', service('config'))) === 'inactive');
    const came = another('config');
    await appendFile(join(world.root, 'etc/nginx/nginx.conf'), '# changed\n');
    await came;
  });
});

describe('cron', () => {
  it('runs the jobs of its file in /etc/cron.d, with the log as they say it', async () => {
    await install({ scheduler: 'cron', types: { database: { schedule: '* * * * *' } } });
    await writeFile(world.paths.logFile, '');
    const came = another('database');
    const planned = await setUp();
    expect(planned).toMatch(/^- plugspace-backup-database\.timer is stopped and disabled$/m);
    expect(planned).toMatch(/^- \/etc\/systemd\/system\/plugspace-backup-database\.timer$/m);
    await nothingToChange();
    await came;
    await until('its last word', async () => /DONE {2}database backup/.test(await readFile(world.paths.logFile, 'utf8')));
    await must('systemctl', 'stop', 'cron.service');
  });

  it('writes a new log once logrotate has put the old one aside', async () => {
    const old = await readFile(world.paths.logFile, 'utf8');
    await must('logrotate', '--force', '/etc/logrotate.d/plugspace-backup');
    await must('/usr/local/lib/plugspace/current/infrastructure/backup/backup.sh', '--config');
    // What was under way goes on in the old one.
    expect((await readFile(`${world.paths.logFile}.1`, 'utf8')).startsWith(old)).toBe(true);
    expect(await readFile(world.paths.logFile, 'utf8')).toMatch(/DONE {2}config backup/);
    expect((await stat(world.paths.logFile)).mode & 0o777).toBe(0o640);
  });
});

describe('what they made', () => {
  it('brings everything back', async () => {
    await succeed(world, 'backup.sh', ['--incremental']);
    const original = await world.state();
    await loseEverything(world);
    await restore(world, '--all', '--identity', key.identity);
    expect(await world.state()).toEqual(original);
  });
});
