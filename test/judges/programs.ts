import { spawn } from 'node:child_process';
import { project } from '../support/runner/suites.ts';
import { toolPath } from '../support/tools/ensure.ts';

export type Verdict = { status: number; stdout: string; stderr: string };

/** Runs a judge at the top of the project. One that cannot be started is an error: a judge that is missing has not acquitted anybody. */
export function ask(program: string, args: readonly string[], input = ''): Promise<Verdict> {
  const env = { ...process.env, PATH: toolPath(), NO_COLOR: '1', FORCE_COLOR: '0' };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: project, env, stdio: 'pipe' });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) child[stream].setEncoding('utf8').on('data', (text: string) => (output[stream] += text));
    child.on('error', reject).on('close', (status) => { resolve({ status: status ?? 1, ...output }); });
    // A judge need not read to the end to have its opinion.
    child.stdin.on('error', () => undefined).end(input);
  });
}

/** A judge that came with the project's npm packages. */
export const askNode = (script: string, args: readonly string[]): Promise<Verdict> => ask(process.execPath, [`node_modules/${script}`, ...args]);

/** Every file of the project that git knows or would take. */
export async function projectFiles(...patterns: readonly string[]): Promise<string[]> {
  const { status, stdout, stderr } = await ask('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...patterns]);
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\0').filter((path) => path !== '').sort();
}
