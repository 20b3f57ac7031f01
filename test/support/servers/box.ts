import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { exists } from '../tools/cache.ts';
import { type CommandResult, capture } from '../tools/command.ts';
import { fetchDebian } from '../tools/debian.ts';
import { binDirectory, ensureTools, toolPath } from '../tools/ensure.ts';
import { installService, type Service } from './service.ts';

const program = fileURLToPath(new URL('box.sh', import.meta.url));

/** A booted server: systemd and cron over a copy of this machine's files. Needs root. */
export type Box = Service & {
  /** Runs a program in it, as root. */
  run: (command: readonly string[]) => Promise<CommandResult>;
  /** Boots it again in the orderly way. Stopped and started, it is a new one. */
  reboot: () => Promise<void>;
};

/** `shared` is the same directory inside and outside, and loopback is the same network: the box has the servers of a sandbox. */
export async function startBox(shared: string): Promise<Box> {
  await ensureTools(['systemd-nspawn', 'crontab']);
  const dir = await mkdtemp(join(shared, 'box-'));
  const place = join(dir, 'place');
  const up = `${place}.is-up`;
  await mkdir(place);
  const packages = [...((await exists('/usr/lib/systemd/systemd')) ? [] : ['systemd']), 'cron'];
  const unpacked = await Promise.all(packages.map(fetchDebian));
  const service = await installService(dir, {
    name: 'box',
    command: ['env', `PATH=${toolPath('/usr/sbin:/usr/bin:/sbin:/bin')}`, 'bash', program, place, shared, binDirectory(), ...unpacked],
    directory: 'run',
    ready: `[[ -e ${up} ]]`,
    // Everything in it ends with the first process.
    stopSignal: 'KILL',
  });
  await service.start();
  const run = async (command: readonly string[]): Promise<CommandResult> =>
    capture('nsenter', ['--target', String(await systemdOf(await service.pid())), '--all', '--', ...command], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }, timeoutSeconds: 170 });
  const reboot = async (): Promise<void> => {
    await rm(up);
    await run(['systemctl', 'reboot']);
    while (!(await exists(up))) await sleep(50);
  };
  return { ...service, run, reboot };
}

/** The first process of the box, below those that made its namespaces. */
async function systemdOf(pid: number | undefined): Promise<number> {
  if (pid === undefined) throw new Error('the box is not up');
  if ((await readFile(`/proc/${pid}/comm`, 'utf8')) === 'systemd\n') return pid;
  const [child] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
  return systemdOf(child === '' ? undefined : Number(child));
}
