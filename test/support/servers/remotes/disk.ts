import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { mustRun } from '../../tools/command.ts';
import type { Service } from '../service.ts';

const program = fileURLToPath(new URL('namespace.sh', import.meta.url));

/** A server's command, with its data on a disk of that size. What lies there ends with the server. */
export async function onSmallDisk(megabytes: number | undefined, directory: string, command: readonly string[]): Promise<readonly string[]> {
  await mkdir(directory, { recursive: true });
  return megabytes === undefined ? command : ['bash', program, 'disk', String(megabytes), directory, ...command];
}

/** What an administrator does about a full disk. */
export async function enlargeDisk(service: Service, directory: string, megabytes: number): Promise<void> {
  const pid = await service.pid();
  await mustRun('nsenter', ['--target', String(pid), '--mount', 'mount', '-o', `remount,size=${megabytes}m`, directory]);
}
