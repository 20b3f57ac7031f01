import { delimiter, join } from 'node:path';
import { ensureTools, toolPath } from '../tools/ensure.ts';
import type { Counts } from './counts.ts';
import { type Output, runStep } from './step.ts';
import { type Check, project, suites } from './suites.ts';

type Result = { label: string; seconds: number } & Counts;

/** Runs the named suites, or all of them. The last line it prints is the verdict. */
export async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    process.stderr.write(`unknown suite "${unknown}"\n${suites.map(({ name, about }) => `  ${name.padEnd(8)} ${about}`).join('\n')}\n`);
    return 2;
  }
  const chosen = names.length === 0 ? suites : suites.filter((suite) => names.includes(suite.name));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const missing = chosen.some(({ tools }) => tools) ? await ensureTools().then(() => undefined, String) : undefined;
  const steps = chosen.flatMap((suite) => suite.steps.map((step) => ({ step, unavailable: suite.tools ? missing : undefined })));
  return report(await runBesideEachOther(steps));
}

// CI makes vitest compare with expectations and never write one; it also makes programs colour what they print into a pipe.
const settings = { CI: 'true', NO_COLOR: '1' };
// How many tests may be at work at one time: they wait more than they work, and these keep two cores busy.
const room = 5;

type Planned = { step: Check; unavailable: string | undefined };

/** Each step begins as soon as there is room for its workers; of several, the first. */
async function runBesideEachOther(steps: readonly Planned[]): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...steps];
  const running = new Set<Promise<void>>();
  let free = room;
  while (waiting.length > 0 || running.size > 0) {
    const index = waiting.findIndex(({ step }) => step.workers <= free);
    const next = waiting[index];
    if (next === undefined) {
      await Promise.race(running);
      continue;
    }
    waiting.splice(index, 1);
    free -= next.step.workers;
    const ended = run(next, steps.length === 1 ? 'live' : 'kept').then((result) => {
      results.push(result);
      free += next.step.workers;
      running.delete(ended);
    });
    running.add(ended);
  }
  return results;
}

async function run({ step, unavailable }: Planned, shown: Output): Promise<Result> {
  if (unavailable !== undefined) return { label: step.label, seconds: 0, passed: 0, failed: 1, notes: [unavailable] };
  process.stdout.write(`=== ${step.label} begins\n`);
  const path = [join(project, 'node_modules/bats/bin'), toolPath()].join(delimiter);
  const started = performance.now();
  const { output, exitCode } = await runStep(step, project, { ...process.env, ...settings, PATH: path }, shown);
  const counts = await step.count(output, exitCode);
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`=== ${step.label} is done: ${counts.passed} passed, ${counts.failed} failed, ${seconds.toFixed(0)} s\n\n`);
  return { label: step.label, seconds, ...counts };
}

function report(results: readonly Result[]): number {
  process.stdout.write('\n=== results\n');
  for (const { label, passed, failed, seconds, notes } of results) {
    const figures = `${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${seconds.toFixed(1).padStart(7)} s`;
    process.stdout.write(`${label.padEnd(10)} ${figures}\n${(notes ?? []).map((note) => `           ${note}\n`).join('')}`);
  }
  const total = (key: 'passed' | 'failed'): number => results.reduce((sum, result) => sum + result[key], 0);
  process.stdout.write(`${total('passed')} passed, ${total('failed')} failed\n`);
  return total('failed') === 0 && total('passed') > 0 ? 0 : 1;
}
