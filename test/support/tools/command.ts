import { spawn } from 'node:child_process';

export type CommandResult = { code: number; stdout: string; stderr: string };
export type CommandOptions = { cwd?: string; env?: NodeJS.ProcessEnv; timeoutSeconds?: number; /** Kills the program when it is given. */ signal?: AbortSignal };

/** Runs a program to its end. Never throws: a program that cannot be started answers with code 127. */
export function capture(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, signal: options.signal, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] });
    // Not spawn's own timeout: its timer outlives a program that could not be started, and keeps us waiting with it.
    const timer = setTimeout(() => child.kill('SIGKILL'), (options.timeoutSeconds ?? 1800) * 1000);
    const output = { stdout: '', stderr: '' };
    const done = (code: number, more = ''): void => {
      clearTimeout(timer);
      resolve({ code, stdout: output.stdout, stderr: output.stderr + more });
    };
    for (const stream of ['stdout', 'stderr'] as const) child[stream].setEncoding('utf8').on('data', (text: string) => (output[stream] += text));
    child.on('error', (error) => { done(127, error.message); });
    child.on('close', (code, signal) => { done(code ?? 1, signal === null ? '' : `\nended by ${signal}`); });
  });
}

/** As capture, but a non-zero exit is an error that carries the command and the end of what it said. */
export async function mustRun(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await capture(command, args, options);
  if (result.code === 0) return result.stdout;
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-8).join('\n  ');
  throw new Error(`${command} ${args.join(' ')} failed with exit code ${result.code}:\n  ${said}`);
}

/** Any text as one word of a shell. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
