import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../tools/command.ts';

/** Scripts where cron and systemd run them: in a /usr/local/lib of its own, which only the commands see that are run within. */
export type Release = {
  /** By its path within. */
  readonly script: (name: string) => string;
  /** The words that run a command within. */
  readonly within: (command: string, ...args: readonly string[]) => readonly [string, string[]];
};

const isRoot = process.getuid?.() === 0;
const ownMounts = isRoot ? ['--mount'] : ['--user', '--map-current-user', '--keep-caps', '--mount'];

/** Installs a generated folder as its own `install.sh` does. (Who is not root may not: then it is copied there.) */
export async function installRelease(folder: string, { app, place }: { app: string; place: string }): Promise<Release> {
  const current = `/usr/local/lib/${app}/current`;
  const within: Release['within'] = (command, ...args) =>
    ['unshare', [...ownMounts, '--', 'sh', '-c', 'mount --bind "$1" /usr/local/lib && shift && exec "$@"', 'sh', place, command, ...args]];
  await mkdir(place, { recursive: true });
  if (isRoot) await mustRun(...within(join(folder, 'infrastructure/install.sh'), '--yes'));
  else await cp(folder, join(place, app, 'current'), { recursive: true });
  return { script: (name) => `${current}/infrastructure/backup/${name}`, within };
}
