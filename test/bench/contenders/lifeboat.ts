import { mkdir, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { ProfileInput } from '../../../generator/profile/schema.ts';
import { generate } from '../../support/sandbox/generate.ts';
import { ageKey } from '../../support/sandbox/keys.ts';
import type { Command } from '../command.ts';
import { self } from '../results.ts';
import type { Contender, Place } from './contender.ts';

type Script = 'backup.sh' | 'restore.sh';

/** A call of one of the scripts that `generateScripts` writes. */
export const script = ({ directory }: Pick<Place, 'directory'>, name: Script, ...args: string[]): Command => ({
  argv: [join(directory, 'generated/bench/infrastructure/backup', name), ...args],
});

export const backupDirectory = ({ directory }: Pick<Place, 'directory'>): string => join(directory, 'backups');

type Wanted = Pick<ProfileInput, 'mongodb'> & { encryption?: NonNullable<ProfileInput['backup']>['encryption'] };

/** Empties the directory and generates scripts into it, of a profile in which everything is switched off that is not named. */
export async function generateScripts(place: Place, { mongodb = { enabled: false }, encryption = { method: 'none' } }: Wanted): Promise<void> {
  const { directory, corpus } = place;
  const off = { enabled: false };
  const profile: ProfileInput = {
    name: 'bench',
    app: { name: 'bench', domain: 'bench.test', user: userInfo().username, root: corpus, healthUrl: null },
    mongodb,
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
      encryption,
    },
  };
  await rm(directory, { recursive: true, force: true });
  for (const path of [backupDirectory(place), join(directory, 'etc')]) await mkdir(path, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'etc/backup.env'), '', { mode: 0o600 });
  await writeFile(join(directory, 'profile.json'), JSON.stringify(profile));
  await generate(join(directory, 'profile.json'), join(directory, 'generated'));
}

export function lifeboat(place: Place): Contender {
  const into = join(place.directory, 'restored');
  const keys = `${place.directory}-keys`; // whoever opens backups has them, not the server
  const identity = ['--identity', join(keys, 'bench.age')];
  return {
    name: self,
    how: {
      first: 'backup.sh --full',
      unchanged: 'backup.sh --incremental',
      changed: 'backup.sh --incremental',
      verify: 'restore.sh latest --app --dry-run --identity FILE',
      restore: 'restore.sh latest --app --into DIR --identity FILE',
    },
    prepare: async () => {
      await rm(keys, { recursive: true, force: true });
      await mkdir(keys, { mode: 0o700 });
      const { recipient } = await ageKey(keys, 'bench');
      await generateScripts(place, { encryption: { method: 'age', recipients: [recipient] } });
    },
    commands: {
      first: script(place, 'backup.sh', '--full'),
      unchanged: script(place, 'backup.sh', '--incremental'),
      changed: script(place, 'backup.sh', '--incremental'),
      verify: script(place, 'restore.sh', 'latest', '--app', '--dry-run', ...identity),
      restore: script(place, 'restore.sh', 'latest', '--app', '--into', into, ...identity),
    },
    repository: backupDirectory(place),
    restored: join(into, 'app', place.corpus),
  };
}
