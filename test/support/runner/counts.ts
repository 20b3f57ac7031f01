export type Counts = { passed: number; failed: number; notes?: readonly string[] };

/**
 * What a run counts for. It fails closed: a report that cannot be read, a run of no tests and an exit code that its report does not
 * explain are failures, and so is a skipped test, as a test that did not run has proven nothing.
 */
export function settle(counts: Required<Counts>, exitCode: number): Counts {
  const notes = [...counts.notes];
  let { failed } = counts;
  if (counts.passed + failed === 0) notes.push('ran no test');
  else if (exitCode !== 0 && failed === 0) notes.push(`ended with exit code ${exitCode}, and its report does not say why`);
  if (notes.length > counts.notes.length) failed += 1;
  return { passed: counts.passed, failed, notes };
}

type VitestReport = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: readonly { name: string; status: string; message?: string; assertionResults: readonly unknown[] }[];
};

/** Vitest's JSON report. A file that could not be loaded counts as one failed test. */
export function countJson(text: string, exitCode: number): Counts {
  const report = parse(text);
  if (report === undefined) return { passed: 0, failed: 1, notes: ['left no report'] };
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const skipped = report.numPendingTests + report.numTodoTests;
  const notes = [
    ...broken.map((file) => `could not run ${file.name}: ${file.message ?? ''}`),
    ...(skipped > 0 ? [`${skipped} skipped tests count as failed`] : []),
  ];
  return settle({ passed: report.numPassedTests, failed: report.numFailedTests + broken.length + skipped, notes }, exitCode);
}

function parse(text: string): VitestReport | undefined {
  try {
    return JSON.parse(text) as VitestReport;
  } catch {
    return undefined;
  }
}

/** The Test Anything Protocol. A plan that promised more tests than were reported makes up the difference with failures. */
export function countTap(text: string, exitCode: number): Counts {
  const lines = text.split('\n');
  const planned = Number(lines.map((line) => /^1\.\.(\d+)/.exec(line)?.[1]).find((figure) => figure !== undefined) ?? 0);
  const results = lines.filter((line) => /^(not )?ok /.test(line));
  const skipped = results.filter((line) => line.startsWith('ok ') && / # skip/i.test(line)).length;
  const passed = results.filter((line) => line.startsWith('ok ')).length - skipped;
  const missing = Math.max(0, planned - results.length);
  const notes = [
    ...(skipped > 0 ? [`${skipped} skipped tests count as failed`] : []),
    ...(missing > 0 ? [`${missing} of ${planned} planned tests did not report`] : []),
  ];
  return settle({ passed, failed: results.length - passed + missing, notes }, exitCode);
}
