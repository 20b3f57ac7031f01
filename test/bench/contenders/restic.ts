import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, measure } from '../command.ts';
import type { Contender, Place } from './contender.ts';

export function restic({ directory, corpus, path }: Place): Contender {
  const repository = join(directory, 'repository');
  const into = join(directory, 'restored');
  const env = { RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: 'of the benchmark', RESTIC_CACHE_DIR: join(directory, 'cache') };
  const run = (...args: string[]): Command => ({ argv: ['restic', '--quiet', ...args], env });
  return {
    name: 'restic',
    how: {
      first: 'restic backup',
      unchanged: 'restic backup',
      changed: 'restic backup',
      verify: 'restic check --read-data',
      restore: 'restic restore latest --target DIR',
    },
    prepare: async () => {
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true });
      await measure(run('init'), path);
    },
    commands: {
      first: run('backup', corpus),
      unchanged: run('backup', corpus),
      changed: run('backup', corpus),
      verify: run('check', '--read-data'),
      restore: run('restore', 'latest', '--target', into),
    },
    repository,
    restored: join(into, corpus),
  };
}
