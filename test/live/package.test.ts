// The packed file in a repository of somebody's own, as a development dependency: what "npm pack" leaves out is missed here.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { project } from '../support/runner/suites.ts';
import { capture, type CommandResult, mustRun } from '../support/tools/command.ts';

type Packed = { readonly filename: string; readonly files: readonly { readonly path: string }[] };

let root: string;
let repository: string;
let packed: Packed;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lifeboat-package-'));
  repository = join(root, 'shop-servers');
  await mkdir(repository);
  const [first] = JSON.parse(await mustRun('npm', ['pack', '--json', '--pack-destination', root], { cwd: project })) as Packed[];
  if (first === undefined) throw new Error('npm pack names no file');
  packed = first;
  await writeFile(join(repository, 'package.json'), '{ "name": "shop-servers", "private": true }\n');
  await mustRun('npm', ['install', '--save-dev', '--prefer-offline', '--no-audit', '--no-fund', join(root, packed.filename)], { cwd: repository });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const lifeboat = (...args: readonly string[]): Promise<CommandResult> => capture('npx', ['--no-install', 'lifeboat', ...args], { cwd: repository });
const written = (path: string): string => join(repository, 'dist-scripts', path);

describe('the package', () => {
  it('holds what a user needs, and nothing of its making', () => {
    const tops = new Set(packed.files.map(({ path }) => path.split('/').slice(0, path.startsWith('docs/') ? 2 : 1).join('/')));
    expect([...tops].sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'docs/profile.md', 'generator', 'package.json', 'schema', 'templates']);
    expect(packed.files.filter(({ path }) => /test|golden|\.bats$/.test(path))).toEqual([]);
  });

  it('has the files that README sends its readers to, but for those that are about changing lifeboat itself', async () => {
    const readme = await readFile(join(project, 'README.md'), 'utf8');
    const targets = [...readme.matchAll(/\]\(([\w./-]+)\)/g)].map(([, path = '']) => path);
    const missing = targets.filter((target) => !packed.files.some(({ path }) => path === target));
    expect([...new Set(missing)].sort()).toEqual(['ARCHITECTURE.md', 'CONTRIBUTING.md']);
  });
});

describe('in a repository of somebody\'s own', () => {
  it('init writes a first profile, validate accepts it, generate writes its scripts', async () => {
    expect(await lifeboat('init', 'production', '--app', 'shop', '--domain', 'shop.example.com')).toMatchObject({ code: 0, stdout: expect.stringContaining('Next: npx lifeboat validate production') as string });
    expect(await lifeboat('validate', 'production')).toMatchObject({ code: 0, stdout: expect.stringContaining('0 errors') as string });
    expect(await lifeboat('generate', 'production')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\+ dist-scripts\/production\/ {2}\(\d+ files\)$/m) as string });
    const { code } = await capture('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: written('production') });
    expect(code).toBe(0);
  });

  it('a profile of its own that imports from lifeboat and extends another one is taken, and a mistake in it is told at its line', async () => {
    const profile = (app: string): string =>
      `import { extendProfile } from 'lifeboat';\nimport { profile as production } from './production.ts';\n\nexport const profile = extendProfile(production, {\n  name: 'staging',\n  app: ${app},\n});\n`;
    const file = join(repository, 'infrastructure/profiles/staging.ts');
    await writeFile(file, profile("{ nmae: 'shop' }"));
    expect(await lifeboat('generate')).toMatchObject({ code: 1, stderr: expect.stringContaining('infrastructure/profiles/staging.ts:6:10  app.nmae\n  unknown key "nmae". Did you mean "name"?') as string });
    expect(existsSync(written('staging'))).toBe(false);
    await writeFile(file, profile("{ domain: 'staging.shop.example.com' }"));
    expect((await lifeboat('generate')).code).toBe(0);
    expect(await readFile(written('staging/infrastructure/backup/backup.sh'), 'utf8')).toContain('staging');
  });

  it('TypeScript knows the fields of a profile there, as an editor does', async () => {
    const file = join(repository, 'typed.ts');
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler', '--allowImportingTsExtensions', '--skipLibCheck'];
    const typed = async (port: string): Promise<CommandResult> => {
      await writeFile(file, `import { defineProfile } from 'lifeboat';\n\nexport const profile = defineProfile({ name: 'typed', app: { name: 'shop', domain: 'shop.example' }, redis: { port: ${port} } });\n`);
      return capture(process.execPath, [join(project, 'node_modules/typescript/bin/tsc'), ...options, file], { cwd: repository });
    };
    expect(await typed('6380')).toMatchObject({ code: 0, stdout: '' });
    expect((await typed("'6380'")).stdout).toMatch(/^typed\.ts\(3,\d+\): error TS2322: Type 'string' is not assignable to type 'number'\.\n$/);
  });

  it('the check that belongs into its CI passes then, and fails once a script was edited', async () => {
    expect(await lifeboat('generate', '--check')).toMatchObject({ code: 0, stdout: 'nothing to change\n' });
    await writeFile(written('production/infrastructure/backup/restore.sh'), '#!/usr/bin/env bash\n');
    expect((await lifeboat('generate', '--check')).code).toBe(1);
  });
});
