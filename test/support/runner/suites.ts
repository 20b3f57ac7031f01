import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Counts, countJson, countTap } from './counts.ts';
import type { Step } from './step.ts';

export type Suite = { name: string; about: string; steps: readonly Check[]; tools: boolean };

/** A step with the number of tests that it runs at a time, and the way to count what it ran. */
export type Check = Step & { workers: number; count: (output: string, exitCode: number) => Promise<Counts> };

export const project = join(import.meta.dirname, '../../..');
const local = (path: string): string => join(project, 'node_modules', path);

/** A program whose exit code is its whole verdict. */
function verdict(label: string, command: readonly string[]): Check {
  const count = (_: string, exitCode: number): Promise<Counts> => Promise.resolve(exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
  return { label, command, minutes: 20, workers: 1, count };
}

function vitest(label: string, config: string, paths: readonly string[]): Check {
  const report = join(project, `.cache/test-report-${label}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return {
    label,
    command: [local('.bin/vitest'), 'run', '--config', config, ...reporters, ...paths],
    minutes: 60,
    workers: 2,
    freshFile: report,
    count: async (_, exitCode) => countJson(await readFile(report, 'utf8').catch(() => ''), exitCode),
  };
}

function bats(label: string, folders: readonly string[]): Check {
  return {
    label,
    command: [local('bats/bin/bats'), '--setup-suite-file', 'test/bats/setup_suite.bash', '--formatter', 'tap', '--timing', ...folders],
    minutes: 60,
    workers: 1,
    count: (output, exitCode) => Promise.resolve(countTap(output, exitCode)),
  };
}

// Every folder of test/bats, so that none can be left out.
const batsFolders = readdirSync(join(project, 'test/bats'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !['remotes', 'support'].includes(entry.name))
  .map(({ name }) => `test/bats/${name}`);

const typescriptFolders = ['generator', 'infrastructure'].filter((folder) => existsSync(join(project, folder)));

// Live tests that are suites of their own.
const elsewhere = ['test/live/chains-*.test.ts', 'test/live/remotes-*.test.ts', 'test/live/encryption-*.test.ts', 'test/support/servers/remotes/*.test.ts'];
// Only root can boot a server.
const impossible = process.getuid?.() === 0 ? [] : ['test/live/booted.test.ts'];

/** The longest first, so that the end has no long one without company. */
export const suites: readonly Suite[] = [
  { name: 'remotes', about: 'encryption, and copies on real servers of other kinds', tools: true, steps: [vitest('remotes', 'test/support/vitest.config.ts', ['test/live/remotes', 'test/live/encryption', 'test/support/servers/remotes'])] },
  { name: 'chains', about: 'recovery to a moment, against an oracle', tools: true, steps: [vitest('chains', 'test/support/vitest.config.ts', ['test/live/chains'])] },
  { name: 'live', about: 'real servers', tools: true, steps: [vitest('live', 'test/support/vitest.config.ts', ['test/live', 'test/support', ...[...elsewhere, ...impossible].flatMap((files) => ['--exclude', files])])] },
  { name: 'bats', about: 'the Bash parts and scripts', tools: true, steps: [bats('bats', batsFolders), bats('bats-remotes', ['test/bats/remotes'])] },
  { name: 'unit', about: 'unit and golden tests', tools: true, steps: [vitest('unit', 'vitest.config.ts', [])] },
  { name: 'judges', about: 'checkers that others wrote', tools: true, steps: [vitest('judges', 'test/support/vitest.config.ts', ['test/judges'])] },
  {
    name: 'static',
    about: 'types, lint, layers, dead code, copies',
    tools: false,
    steps: [
      verdict('types', [local('.bin/tsc'), '--noEmit']),
      verdict('types-of-modules', [local('.bin/tsc'), '--noEmit', '--project', 'tsconfig.templates.json']),
      verdict('lint', [local('.bin/eslint'), '.']),
      verdict('layers', [local('.bin/depcruise'), '--config', 'dependency-cruiser.config.mjs', ...typescriptFolders]),
      verdict('dead-code', [local('.bin/knip'), '--no-progress']),
      verdict('copies', [local('.bin/jscpd'), '--silent', '--threshold', '1', 'generator']),
    ],
  },
];
