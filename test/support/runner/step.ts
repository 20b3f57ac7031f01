import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export type Step = {
  label: string;
  command: readonly string[];
  minutes: number;
  /** A report that the step writes; one of an earlier run must not be taken for it. */
  freshFile?: string;
};

/** What a step prints goes on as it comes, or is kept until the step is done so that steps beside each other do not mix. */
export type Output = 'live' | 'kept';

/** Runs a program. Past its time, or when the whole run is ended, it goes with everything that it started. */
export async function runStep(step: Step, cwd: string, env: NodeJS.ProcessEnv, output: Output): Promise<{ output: string; exitCode: number }> {
  if (step.freshFile !== undefined) {
    await mkdir(dirname(step.freshFile), { recursive: true });
    await rm(step.freshFile, { force: true });
  }
  const [program = '', ...args] = step.command;
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let standard = '';
  let everything = '';
  const take = (text: string): void => {
    if (output === 'live') process.stdout.write(text);
    else everything += text;
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => { standard += text; take(text); });
  child.stderr.setEncoding('utf8').on('data', take);
  const end = (): void => { endGroup(child.pid); };
  const timer = setTimeout(() => {
    take(`\n${step.label}: not done after ${step.minutes} minutes, ended\n`);
    end();
  }, step.minutes * 60_000);
  process.once('exit', end);
  const exitCode = await new Promise<number>((resolve) => {
    child.on('error', (error) => { take(`${step.label}: ${error.message}\n`); resolve(127); });
    child.on('close', (code) => { resolve(code ?? 1); });
  });
  clearTimeout(timer);
  process.off('exit', end);
  process.stdout.write(everything);
  return { output: standard, exitCode };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
