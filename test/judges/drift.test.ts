import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { project } from '../support/runner/suites.ts';
import { ask } from './programs.ts';
import { committedEnvironments } from './subjects.ts';

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'lifeboat-drift-'));
  cpSync(join(project, 'dist-scripts'), copy, { recursive: true });
});
afterAll(() => { rmSync(copy, { recursive: true, force: true }); });

const drift = (directory: string): ReturnType<typeof ask> => ask('node', ['bin/lifeboat.mjs', 'generate', ...committedEnvironments, '--check', '--out', directory]);
const checksums = (directory: string): ReturnType<typeof ask> => ask('env', ['--chdir', directory, 'sha256sum', '--check', '--strict', '--quiet', 'SHA256SUMS']);

describe('the committed scripts', () => {
  it('are those of production and staging at least', () => {
    expect(committedEnvironments).toEqual(expect.arrayContaining(['production', 'staging']));
  });

  it('are what the profiles and templates give today', async () => {
    expect(await drift('dist-scripts')).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
  });

  it('are all that a fresh clone is asked for', async () => {
    expect(await ask('node', ['bin/lifeboat.mjs', 'generate', '--check'])).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
  });

  it.each(committedEnvironments)('of %s have the checksums that stand beside them', async (environment) => {
    expect(await checksums(join(project, 'dist-scripts', environment))).toMatchObject({ status: 0, stdout: '' });
  });
});

describe('these judges can say no', () => {
  it('a script that somebody edited', async () => {
    writeFileSync(join(copy, 'production/infrastructure/backup/backup.sh'), 'echo edited\n');
    expect((await drift(copy)).status).toBe(1);
    expect((await checksums(join(copy, 'production'))).status).not.toBe(0);
  });
});
