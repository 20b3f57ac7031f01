import { join } from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { project, suites } from '../support/runner/suites.ts';
import { projectFiles } from './programs.ts';

type Rules = Readonly<Record<string, readonly [severity: number, options?: number | { max?: number }] | undefined>>;

const ceilings: Readonly<Record<string, number>> = { 'max-lines': 250, 'max-lines-per-function': 40, complexity: 10 };
const rulesFor = async (path: string): Promise<Rules> => ((await new ESLint({ cwd: project }).calculateConfigForFile(join(project, path))) as { rules: Rules }).rules;

/** Ceilings that are lifted, or are warnings only. */
function raised(rules: Rules): string[] {
  return Object.entries(ceilings).flatMap(([rule, most]) => {
    const [severity = 0, options] = rules[rule] ?? [];
    const max = typeof options === 'object' ? options.max : options;
    return severity === 2 && max !== undefined && max <= most ? [] : [rule];
  });
}

describe('the TypeScript of the generator', () => {
  it('is judged by the compiler, the linter, the layers, and for what is dead or copied, in every run', () => {
    const commands = suites.find(({ name }) => name === 'static')?.steps.map(({ command }) => command[0]?.split('/').at(-1));
    expect(commands).toEqual(expect.arrayContaining(['tsc', 'eslint', 'depcruise', 'knip', 'jscpd']));
  });

  it('has files of at most 250 lines, functions of at most 40, and at most 10 ways through each', async () => {
    expect(raised(await rulesFor('generator/cli/main.ts'))).toEqual([]);
  });

  it('switches off a rule only on one line and with a reason', async () => {
    const results = await new ESLint({ cwd: project, overrideConfig: { linterOptions: { reportUnusedDisableDirectives: 'error' } } }).lintFiles(await projectFiles('generator/**/*.ts'));
    const suppressed = results.flatMap(({ filePath, suppressedMessages }) => suppressedMessages.map(({ ruleId, suppressions }) => ({ filePath, ruleId, suppressions })));
    expect(suppressed.filter(({ suppressions }) => suppressions.some(({ justification }) => justification === ''))).toEqual([]);
    expect(suppressed.length).toBeLessThanOrEqual(2);
    expect(results.flatMap(({ messages }) => messages)).toEqual([]);
  });
});

describe('these judges can say no', () => {
  it('a ceiling that is higher, missing or only a warning', () => {
    expect(raised({ 'max-lines': [2, { max: 500 }], complexity: [1, 10] })).toEqual(['max-lines', 'max-lines-per-function', 'complexity']);
  });
});
