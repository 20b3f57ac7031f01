import { describe, expect, it } from 'vitest';
import { countJson, countTap } from './counts.ts';

const report = (figures: object): string =>
  JSON.stringify({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [], ...figures });

describe('counting a vitest report', () => {
  it('adds up what passed and failed', () => {
    expect(countJson(report({ numPassedTests: 5, numFailedTests: 2 }), 1)).toEqual({ passed: 5, failed: 2, notes: [] });
  });

  it('counts a file that could not be loaded', () => {
    const testResults = [{ name: 'a.test.ts', status: 'failed', message: 'no such module', assertionResults: [] }];
    expect(countJson(report({ numPassedTests: 5, testResults }), 1)).toMatchObject({ passed: 5, failed: 1 });
  });

  it.each([
    ['no report', '', 1],
    ['a report that was cut off', '{"numPassedTests": 12', 0],
    ['no test at all', report({}), 0],
    ['an exit code without a failed test', report({ numPassedTests: 5 }), 1],
    ['a skipped test', report({ numPassedTests: 5, numPendingTests: 1 }), 0],
  ])('counts %s as a failure', (_, text, exitCode) => {
    expect(countJson(text, exitCode).failed).toBe(1);
  });
});

describe('counting a TAP stream', () => {
  it('adds up what passed and failed', () => {
    expect(countTap('1..3\nok 1 a\nnot ok 2 b\n# why\nok 3 c # in 12 ms\n', 1)).toEqual({ passed: 2, failed: 1, notes: [] });
  });

  it.each([
    ['a test that did not report', '1..3\nok 1 a\nok 2 b\n', 1],
    ['an empty plan', '1..0\n', 0],
    ['a skipped test', '1..2\nok 1 a\nok 2 b # skip no mongod\n', 0],
    ['a runner that died', '', 137],
  ])('counts %s as a failure', (_, text, exitCode) => {
    expect(countTap(text, exitCode).failed).toBe(1);
  });
});
