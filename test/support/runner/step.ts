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

/** Runs a program with its output passed through, and kept. Past its time it is ended with everything that it started. */
export async function runStep(step: Step, cwd: string, env: NodeJS.ProcessEnv): Promise<{ output: string; exitCode: number }> {
  if (step.freshFile !== undefined) {
    await mkdir(dirname(step.freshFile), { recursive: true });
    await rm(step.freshFile, { force: true });
  }
  const [program = '', ...args] = step.command;
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text; process.stdout.write(text); });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { process.stderr.write(text); });
  const end = (): void => { endGroup(child.pid); };
  const timer = setTimeout(() => {
    process.stderr.write(`\n${step.label}: not done after ${step.minutes} minutes, ended\n`);
    end();
  }, step.minutes * 60_000);
  const interrupted = (): void => { end(); process.exit(130); };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const exitCode = await new Promise<number>((resolve) => {
    child.on('error', (error) => { process.stderr.write(`${step.label}: ${error.message}\n`); resolve(127); });
    child.on('close', (code) => { resolve(code ?? 1); });
  });
  clearTimeout(timer);
  process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  return { output, exitCode };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
