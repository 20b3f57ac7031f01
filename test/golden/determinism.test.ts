import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTree } from '../../generator/output/tree.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const profiles = ['minimal', 'full', 'hostile'].map((name) => join(repository, `test/golden/profiles/${name}.yaml`));
const execute = promisify(execFile);
let sandbox: string;

beforeAll(() => {
  sandbox = mkdtempSync(join(tmpdir(), 'lifeboat-determinism-'));
});
afterAll(() => {
  rmSync(sandbox, { recursive: true, force: true });
});

/** Runs the program and returns every file that it wrote, with its mode and bytes. */
async function generate(out: string, options: { cwd?: string; umask?: string; env?: Record<string, string>; profiles?: string[] } = {}): Promise<Record<string, string>> {
  const directory = join(sandbox, out);
  const line = ['umask "$1"; shift; exec "$@"', 'bash', options.umask ?? '022', process.execPath, join(repository, 'bin/lifeboat.mjs'), 'generate'];
  await execute('bash', ['-c', ...line, ...(options.profiles ?? profiles), '--out', directory], {
    cwd: options.cwd ?? repository,
    env: { ...process.env, ...options.env },
  });
  return Object.fromEntries(
    ['minimal', 'full', 'hostile'].flatMap((name) =>
      [...readTree(join(directory, name)).keys()].map((path) => {
        const file = join(directory, name, path);
        return [`${name}/${path}`, `${(statSync(file).mode & 0o777).toString(8)} ${readFileSync(file, 'utf8')}`];
      }),
    ),
  );
}

it('the same profile gives the same bytes from any directory, in any zone and locale, under any umask, on any day', async () => {
  const usual = await generate('usual');
  expect(Object.keys(usual)).toContain('hostile/infrastructure/backup/restore.sh');
  const elsewhere = join(sandbox, 'else where');
  mkdirSync(elsewhere);
  const anotherDay = `data:text/javascript,${encodeURIComponent('const D=Date;const t=D.now();globalThis.Date=class extends D{constructor(...a){super(...(a.length?a:[Date.now()]))}static now(){return D.now()-t+4e12}};')}`;
  expect(await generate('cwd', { cwd: elsewhere })).toEqual(usual);
  expect(await generate('relative', { cwd: join(repository, 'test/golden'), profiles: ['profiles/minimal.yaml', 'profiles/full.yaml', 'profiles/hostile.yaml'] })).toEqual(usual);
  expect(await generate('zone', { env: { TZ: 'Pacific/Kiritimati', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', HOME: '/nonexistent', USER: 'somebody' } })).toEqual(usual);
  expect(await generate('umask', { umask: '077' })).toEqual(usual);
  expect(await generate('day', { env: { NODE_OPTIONS: `--import=${anotherDay}` } })).toEqual(usual);
});
