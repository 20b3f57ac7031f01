import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { capture, mustRun } from '../support/tools/command.ts';
import { inBytes } from './figures.ts';

export const load = (): number => loadavg()[0] ?? 0;

export async function describeMachine(directory: string): Promise<Record<string, string>> {
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(await readFile('/etc/os-release', 'utf8').catch(() => ''))?.[1];
  const fileSystem = (await mustRun('df', ['--output=fstype', directory])).trim().split('\n').at(-1);
  return {
    processor: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    memory: inBytes(totalmem()),
    system: `${system ?? 'unknown'}, Linux ${release()}`,
    'file system': fileSystem ?? 'unknown',
  };
}

const programs: Readonly<Record<string, readonly string[]>> = {
  restic: ['version'],
  borg: ['--version'],
  tar: ['--version'],
  zstd: ['--version'],
  gpg: ['--version'],
  mongod: ['--version'],
  mongodump: ['--version'],
};

export async function findVersions(path: string): Promise<Record<string, string>> {
  const found = Object.entries(programs).map(async ([name, args]) => {
    const { stdout } = await capture(name, args, { env: { ...process.env, PATH: path } });
    return [name, /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? 'unknown'] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}
