import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { capture, mustRun, shellWord } from '../tools/command.ts';
import { toolPath } from '../tools/ensure.ts';
import { guard } from './guard.ts';

export type ServiceDefinition = {
  name: string;
  command: readonly string[];
  /** Where the server runs; must lie in the root, by which its process is recognised. */
  directory: string;
  /** A Bash condition that holds once the server answers. */
  ready: string;
  stopSignal?: 'TERM' | 'QUIT' | 'KILL';
};

/** A server of a sandbox. `command` is the script that starts and stops it as systemd would; a profile names it as its service. */
export type Service = {
  name: string;
  command: string;
  /** What the server itself printed. */
  outputFile: string;
  start: () => Promise<void>;
  stop: () => Promise<void>;
  /** Ends the process at once, as a crash would; the signal is KILL when none is given. */
  kill: (signal?: NodeJS.Signals) => Promise<void>;
  pid: () => Promise<number | undefined>;
};

const body = fileURLToPath(new URL('service.sh', import.meta.url));

/** Writes `<root>/bin/<name>-service`. From now on whatever it starts ends with this process at the latest. */
export async function installService(root: string, definition: ServiceDefinition): Promise<Service> {
  await guard(root);
  await Promise.all(['bin', 'run', 'var/log', definition.directory].map((path) => mkdir(join(root, path), { recursive: true })));
  const command = join(root, 'bin', `${definition.name}-service`);
  const outputFile = join(root, 'var/log', `${definition.name}.out`);
  const pidFile = join(root, 'run', `${definition.name}.pid`);
  await writeFile(command, await script(root, definition, outputFile, pidFile));
  await chmod(command, 0o755);
  const pid = async (): Promise<number | undefined> => {
    const status = await capture(command, ['status']);
    return status.code === 0 ? Number(status.stdout) : undefined;
  };
  return {
    name: definition.name,
    command,
    outputFile,
    pid,
    start: async () => { await mustRun(command, ['start']); },
    stop: async () => { await mustRun(command, ['stop']); },
    kill: async (signal = 'SIGKILL') => {
      const running = await pid();
      if (running === undefined) return;
      process.kill(running, signal);
      // Only a deadly signal is waited for.
      if (signal === 'SIGKILL') await gone(pid);
    },
  };
}

async function gone(pid: () => Promise<number | undefined>): Promise<void> {
  while ((await pid()) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function script(root: string, definition: ServiceDefinition, outputFile: string, pidFile: string): Promise<string> {
  const settings = [
    '#!/usr/bin/env bash',
    `readonly NAME=${shellWord(definition.name)}`,
    `readonly ROOT=${shellWord(root)}`,
    `readonly PID_FILE=${shellWord(pidFile)}`,
    `readonly OUTPUT_FILE=${shellWord(outputFile)}`,
    `readonly WORK_DIR=${shellWord(join(root, definition.directory))}`,
    `readonly STOP_SIGNAL=${shellWord(definition.stopSignal ?? 'TERM')}`,
    `readonly COMMAND=(${definition.command.map(shellWord).join(' ')})`,
    `ready() { ${definition.ready}; }`,
    '',
  ];
  return settings.join('\n') + (await readFile(body, 'utf8'));
}

export const answersOn = (port: number): string => `(exec 3<>/dev/tcp/127.0.0.1/${String(port)}) 2>/dev/null`;

/** The absolute path of a program: a service must start with any PATH, cron's for one. */
export async function programPath(name: string): Promise<string> {
  const found = await capture('bash', ['-c', 'command -v -- "$1"', 'bash', name], { env: { ...process.env, PATH: `${toolPath()}:/usr/sbin:/sbin` } });
  if (found.code !== 0) throw new Error(`no ${name}: run \`node test/support/install.mjs ${name}\``);
  return found.stdout.trim();
}
