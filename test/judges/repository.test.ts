import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project } from '../support/runner/suites.ts';
import { ask, askNode, projectFiles } from './programs.ts';

type Named = { readonly path: string; readonly text: string };

const read = (path: string): string => readFileSync(join(project, path), 'utf8');
const files: Named[] = (await projectFiles()).filter((path) => existsSync(join(project, path))).map((path) => ({ path, text: read(path) }));
const linesWith = (pattern: RegExp, among: readonly Named[] = files): string[] =>
  among.flatMap(({ path, text }) => text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 160)}`] : [])));

/** Written so that they do not find themselves. */
const machinePath = /(^|[^A-Za-z0-9_.])\/(?:work|farm)\/|\/tmp\/(?:brief|bash_jobs)/;
const unfinished = /\b(?:TO[D]O|FIX[M]E|XX[X])\b/;
const leftOut = /\.(?:skip|only|todo|skipIf|runIf)[(.]|\b[fx](?:it|test|describe)\(|^\s*skip(?:\s|$)|bats:[f]ocus/;
const tests = files.filter(({ path }) => path.startsWith('test/') && /\.(ts|mjs|bats|bash)$/.test(path));
const vague = (path: string): boolean => path.split('/').some((part) => /^(utils?|helpers?|common|misc|shared)(\.|$)/.test(part));

/** Whether a range of "engines" takes a version: alternatives of which each holds for the whole. */
const takes = (range: string, version: string): boolean => {
  const number = (text: string): number => text.split('.').reduce((sum, part, index) => sum + (Number.parseInt(part, 10) || 0) / 1000 ** index, 0);
  const holds = (one: string): boolean => {
    const [, sign = '', wanted = ''] = /^(>=|\^|)\s*([\d.x*]+)$/.exec(one) ?? [];
    const sameMajor = wanted.split('.')[0] === version.split('.')[0];
    return wanted === '*' || (number(version) >= number(wanted) && (sign === '>=' || sameMajor));
  };
  return range.split('||').some((alternative) => (alternative.replace(/>=\s+/g, '>=').match(/\S+/g) ?? []).every(holds));
};

const registryEntries = (lock: string): string[] => lock.split('\n').filter((line) => line.includes('"resolved":'));

const licences = (allowed: string): ReturnType<typeof ask> =>
  askNode('license-checker-rseidelsohn/bin/license-checker-rseidelsohn.js', ['--production', '--excludePrivatePackages', '--onlyAllow', allowed]);

describe('the files of the project', () => {
  it('name no place of the machine they were written on', () => {
    expect(linesWith(machinePath)).toEqual([]);
  });

  it('hold nothing that says it is unfinished', () => {
    expect(linesWith(unfinished)).toEqual([]);
  });

  it('leave no test out, and run none alone', () => {
    expect(linesWith(leftOut, tests)).toEqual([]);
  });

  it('have names that say what they are about', () => {
    expect(files.map(({ path }) => path).filter(vague)).toEqual([]);
  });

  it('can be started where they name an interpreter, and only there', async () => {
    const { stdout } = await ask('git', ['ls-files', '--stage']);
    const executable = new Set([...stdout.matchAll(/^100755 .*\t(.*)$/gm)].map((match) => match[1]));
    const known = new Set([...stdout.matchAll(/\t(.*)$/gm)].map((match) => match[1]));
    // What a template and an expected file are is decided where they are written for use.
    const judged = files.filter(({ path }) => known.has(path) && !path.endsWith('.hbs') && !path.startsWith('test/golden/expected/'));
    expect(judged.filter(({ path, text }) => executable.has(path) !== text.startsWith('#!')).map(({ path }) => path)).toEqual([]);
  });

  it('end with one line end, without spaces before it', () => {
    expect(files.filter(({ path, text }) => !path.endsWith('.md') && text !== '' && !/[^\n]\n$/.test(text)).map(({ path }) => path)).toEqual([]);
    expect(linesWith(/[ \t\r]$/, files.filter(({ path }) => !path.endsWith('.md')))).toEqual([]);
  });
});

describe('the packages', () => {
  const locks = files.filter(({ path }) => basename(path) === 'package-lock.json');

  it.each(locks)('of $path name no registry', ({ text }) => {
    expect(registryEntries(text)).toEqual([]);
  });

  it.each(locks)('of $path are what its package.json asks for', ({ path }) => {
    const manifest = JSON.parse(read(path.replace('package-lock.json', 'package.json'))) as Record<string, Record<string, string> | undefined>;
    const root = (JSON.parse(read(path)) as { packages: Record<string, Record<string, unknown>> }).packages[''];
    for (const field of ['dependencies', 'devDependencies']) expect(root?.[field] ?? {}).toEqual(manifest[field] ?? {});
  });

  it('all run on the oldest Node that package.json promises, or are optional', () => {
    const lowest = (JSON.parse(read('package.json')) as { engines: { node: string } }).engines.node.replace('>=', '');
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { engines?: { node?: string }; optional?: boolean }> };
    const newer = Object.entries(packages).filter(([, { engines, optional }]) => optional !== true && engines?.node !== undefined && !takes(engines.node, lowest));
    expect(newer.map(([path, { engines }]) => `${path} ${engines?.node ?? ''}`)).toEqual([]);
  });

  it('are pinned to one version each', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
    expect(Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('that users get have licences that ask for no more than a notice', async () => {
    const { status, stdout, stderr } = await licences('MIT;ISC;BSD-2-Clause;BSD-3-Clause;Apache-2.0;0BSD');
    expect(`${status} ${status === 0 ? '' : stdout + stderr}`).toBe('0 ');
  });
});

describe('these judges can say no', () => {
  // In halves, as these judges read this file too.
  it.each([
    ['a path of the machine', machinePath, 'cd /wo', 'rk/main'],
    ['a path of the machine in quotes', machinePath, '"/fa', 'rm/main"'],
    ['a thing to do', unfinished, '// TO', 'DO: later'],
    ['a thing to mend', unfinished, '# FIX', 'ME'],
    ['a test that is passed over', leftOut, 'it.sk', 'ip("x")'],
    ['tests of which only some run', leftOut, 'describe.each(x)("y").on', 'ly("z")'],
    ['a test that is crossed out', leftOut, 'x', 'it("x")'],
    ['a bats test that is passed over', leftOut, '  sk', 'ip "no mongod"'],
    ['a bats test that runs alone', leftOut, '# bats:', 'focus'],
  ])('%s', (_, pattern, ...halves) => {
    expect(halves.join('')).toMatch(pattern);
  });

  it.each(['>=22.12.0', '^22.20 || ^24.12 || >=25', '18 || >=22', '^20.20.0'])('an engine of %s', (range) => {
    expect(takes(range, '20.19')).toBe(false);
  });

  it('a lockfile with an address', () => {
    expect(registryEntries('  "resolved": "https://registry.example/a.tgz",\n')).toHaveLength(1);
  });

  it('a licence that is not on the list', async () => {
    expect((await licences('ISC')).status).not.toBe(0);
  });

  it.each(['generator/utils.ts', 'test/helpers/x.ts', 'common/x'])('the name %s', (path) => {
    expect(vague(path)).toBe(true);
  });
});
