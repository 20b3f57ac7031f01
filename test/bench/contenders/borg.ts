import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, measure } from '../command.ts';
import type { Contender, Place } from './contender.ts';

export function borg({ directory, corpus, path }: Place): Contender {
  const repository = join(directory, 'repository');
  const into = join(directory, 'restored');
  const env = { BORG_REPO: repository, BORG_PASSPHRASE: 'of the benchmark', BORG_BASE_DIR: join(directory, 'base') };
  const run = (...args: string[]): Command => ({ argv: ['borg', ...args], env });
  const create = (archive: string): Command => run('create', '--compression', 'zstd,3', `::${archive}`, corpus);
  return {
    name: 'borg',
    how: {
      first: 'borg create --compression zstd,3',
      unchanged: 'borg create --compression zstd,3',
      changed: 'borg create --compression zstd,3',
      verify: 'borg check --verify-data',
      restore: 'borg extract',
    },
    prepare: async () => {
      await rm(directory, { recursive: true, force: true });
      await mkdir(into, { recursive: true });
      await measure(run('init', '--encryption', 'repokey-blake2'), path);
    },
    commands: {
      first: create('first'),
      unchanged: create('unchanged'),
      changed: create('changed'),
      verify: run('check', '--verify-data'),
      restore: { ...run('extract', '::changed'), cwd: into },
    },
    repository,
    restored: join(into, corpus),
  };
}
