import { spawn } from 'node:child_process';

export type CommandResult = { code: number; stdout: string; stderr: string };
export type CommandOptions = { cwd?: string; env?: NodeJS.ProcessEnv; timeoutSeconds?: number };

/** Runs a program to its end. Never throws: a program that cannot be started answers with code 127. */
export function capture(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: (options.timeoutSeconds ?? 600) * 1000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', (error) => { resolve({ code: 127, stdout, stderr: stderr + error.message }); });
    child.on('close', (code, signal) => {
      resolve({ code: code ?? 1, stdout, stderr: signal === null ? stderr : `${stderr}\nended by ${signal}` });
    });
  });
}

/** As capture, but a non-zero exit is an error that carries the command and the end of what it said. */
export async function mustRun(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await capture(command, args, options);
  if (result.code === 0) return result.stdout;
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-8).join('\n  ');
  throw new Error(`${command} ${args.join(' ')} failed with exit code ${result.code}:\n  ${said}`);
}
