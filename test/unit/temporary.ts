import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Everything that a run of the tests makes below the temporary directory goes when the run ends. */
export function setup(): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'lifeboat-unit-run-'));
  process.env['TMPDIR'] = directory;
  return () => { rmSync(directory, { recursive: true, force: true }); };
}
