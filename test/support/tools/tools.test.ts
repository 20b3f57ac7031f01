import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { capture } from './command.ts';
import { newEnough } from './ensure.ts';

const install = join(import.meta.dirname, '../install.mjs');
let scratch: string;

beforeAll(async () => { scratch = await mkdtemp(join(tmpdir(), 'lifeboat-tools-')); });
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('versions', () => {
  it.each([
    ['6.0.5', '6.0', true],
    ['100.13.0', '100.12.2', true],
    ['100.9.4', '100.12.2', false],
    ['3.14.1', '3.14.1', true],
    ['3.14', '3.14.1', false],
    ['', '1.0', false],
  ])('%s against at least %s: %s', (version, minimum, enough) => {
    expect(newEnough(version, minimum)).toBe(enough);
  });
});

describe('a tool that cannot be had', () => {
  it('fails, and says what is missing and how to get it by hand', async () => {
    // Node alone: no package manager, no compiler, nothing to fetch with.
    const path = await mkdtemp(join(scratch, 'bin-'));
    await symlink(process.execPath, join(path, 'node'));
    const env = { PATH: path, XDG_CACHE_HOME: join(scratch, 'cache'), HOME: scratch };
    const result = await capture(process.execPath, [install, 'nginx', 'mongodump', 'shellcheck'], { env });
    expect(result.code).toBe(1);
    expect(result.stdout).toBe('');
    expect(result.stderr).toContain('3 of the tools that the tests need could not be had');
    for (const tool of catalogue.filter(({ name }) => ['nginx', 'mongodump', 'shellcheck'].includes(name))) {
      expect(result.stderr).toContain(`- ${tool.name} ${tool.minimum} or newer: `);
      expect(result.stderr).toContain(`get it by hand: ${tool.byHand}`);
    }
    expect(await readdir(join(scratch, 'cache/lifeboat/bin'))).toEqual([]);
  });

  it('is refused when it is unknown', async () => {
    const result = await capture(process.execPath, [install, 'mongodd'], { env: { ...process.env, XDG_CACHE_HOME: scratch } });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('unknown tool "mongodd"; known: mongod ');
  });
});
