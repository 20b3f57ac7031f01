import { delimiter, join } from 'node:path';
import { ensureTools, toolPath } from '../tools/ensure.ts';
import type { Counts } from './counts.ts';
import { runStep } from './step.ts';
import { project, type Suite, suites } from './suites.ts';

type Result = { label: string; seconds: number } & Counts;

/** Runs the named suites, or all of them. The last line it prints is the verdict. */
export async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    process.stderr.write(`unknown suite "${unknown}"\n${suites.map(({ name, about }) => `  ${name.padEnd(8)} ${about}`).join('\n')}\n`);
    return 2;
  }
  const chosen = names.length === 0 ? suites : suites.filter((suite) => names.includes(suite.name));
  const results: Result[] = [];
  for (const suite of chosen) results.push(...(await runSuite(suite)));
  return report(results);
}

// CI makes vitest compare with expectations and never write one; it also makes programs colour what they print into a pipe.
const settings = { CI: 'true', NO_COLOR: '1' };

async function runSuite(suite: Suite): Promise<Result[]> {
  const unavailable = suite.tools ? await ensureTools().then(() => undefined, String) : undefined;
  if (unavailable !== undefined) return [{ label: suite.name, seconds: 0, passed: 0, failed: 1, notes: [unavailable] }];
  const path = [join(project, 'node_modules/bats/bin'), toolPath()].join(delimiter);
  const results: Result[] = [];
  for (const step of suite.steps) {
    process.stdout.write(`\n=== ${step.label}\n`);
    const started = performance.now();
    const { output, exitCode } = await runStep(step, project, { ...process.env, ...settings, PATH: path });
    const counts = await step.count(output, exitCode);
    results.push({ label: step.label, seconds: (performance.now() - started) / 1000, ...counts });
  }
  return results;
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
