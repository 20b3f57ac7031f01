import { mkdir, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { ProfileInput } from '../../../generator/profile/schema.ts';
import { generate } from '../../support/sandbox/generate.ts';
import type { Command } from '../command.ts';
import { self } from '../results.ts';
import type { Contender, Place } from './contender.ts';

type Script = 'backup.sh' | 'restore.sh';

/** A call of one of the scripts that `generateScripts` writes. */
export const script = ({ directory }: Pick<Place, 'directory'>, name: Script, ...args: string[]): Command => ({
  argv: [join(directory, 'generated/bench/infrastructure/backup', name), ...args],
});

export const backupDirectory = ({ directory }: Pick<Place, 'directory'>): string => join(directory, 'backups');

/** Empties the directory and generates scripts into it, of a profile in which everything is switched off that `change` does not name. */
export async function generateScripts(place: Place, change: Partial<ProfileInput> = {}): Promise<void> {
  const { directory, corpus } = place;
  const off = { enabled: false };
  const profile: ProfileInput = {
    name: 'bench',
    app: { name: 'bench', domain: 'bench.test', user: userInfo().username, root: corpus, healthUrl: null },
    mongodb: off,
    redis: off,
    nginx: off,
    ssl: off,
    pm2: off,
    backup: {
      directory: backupDirectory(place),
      logFile: join(directory, 'log/backup.log'),
      envFile: join(directory, 'etc/backup.env'),
      minimumFree: '100MB',
      config: { crontabs: [] },
    },
    ...change,
  };
  await rm(directory, { recursive: true, force: true });
  for (const path of [backupDirectory(place), join(directory, 'etc')]) await mkdir(path, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'etc/backup.env'), '', { mode: 0o600 });
  await writeFile(join(directory, 'profile.json'), JSON.stringify(profile));
  await generate(join(directory, 'profile.json'), join(directory, 'generated'));
}

export function lifeboat(place: Place): Contender {
  const into = join(place.directory, 'restored');
  return {
    name: self,
    how: {
      first: 'backup.sh --full',
      unchanged: 'backup.sh --incremental',
      changed: 'backup.sh --incremental',
      verify: 'restore.sh latest --app --dry-run',
      restore: 'restore.sh latest --app --into DIR',
    },
    prepare: () => generateScripts(place),
    commands: {
      first: script(place, 'backup.sh', '--full'),
      unchanged: script(place, 'backup.sh', '--incremental'),
      changed: script(place, 'backup.sh', '--incremental'),
      verify: script(place, 'restore.sh', 'latest', '--app', '--dry-run'),
      restore: script(place, 'restore.sh', 'latest', '--app', '--into', into),
    },
    repository: backupDirectory(place),
    restored: join(into, 'app', place.corpus),
  };
}
