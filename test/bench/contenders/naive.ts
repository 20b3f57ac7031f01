import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '../command.ts';
import type { Contender, Place } from './contender.ts';

/** What most scripts of this kind do: one archive, compressed by gzip, then encrypted (and compressed again) by gpg. */
export function naive({ directory, corpus }: Place): Contender {
  const repository = join(directory, 'repository');
  const into = join(directory, 'restored');
  const env = { GNUPGHOME: join(directory, 'gnupg') };
  const gpg = 'gpg --quiet --batch --yes --pinentry-mode loopback --passphrase-file "$3"';
  const shell = (pipeline: string): Command => ({
    argv: ['bash', '-c', `set -o pipefail; ${pipeline}`, 'bash', corpus, join(repository, 'backup.tar.gz.gpg'), join(directory, 'passphrase'), into],
    env,
  });
  return {
    name: 'tar czf | gpg',
    how: {
      changed: 'tar czf - | gpg --symmetric',
      verify: 'gpg --decrypt | tar tzf -',
      restore: 'gpg --decrypt | tar xzf -',
    },
    prepare: async () => {
      await rm(directory, { recursive: true, force: true });
      for (const path of [repository, into]) await mkdir(path, { recursive: true });
      await mkdir(env.GNUPGHOME, { mode: 0o700 });
      await writeFile(join(directory, 'passphrase'), 'of the benchmark', { mode: 0o600 });
    },
    commands: {
      changed: shell(`tar czf - --directory=/ "\${1#/}" | ${gpg} --output "$2" --symmetric`),
      verify: shell(`${gpg} --decrypt "$2" | tar tzf - >/dev/null`),
      restore: shell(`${gpg} --decrypt "$2" | tar xzf - --directory="$4"`),
    },
    repository,
    restored: join(into, corpus),
  };
}
