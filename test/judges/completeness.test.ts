import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { files } from '../../generator/render/files.ts';
import { project } from '../support/runner/suites.ts';
import { projectFiles } from './programs.ts';

const read = (path: string): string => readFileSync(join(project, path), 'utf8');
const tests = (await projectFiles('test/bats/*.bats', 'test/live/*.ts')).map(read);
const readme = read('README.md');

const golden = await projectFiles('test/golden/expected/**');
const schedules = read('test/judges/schedule.test.ts');

/** What a file that lifeboat writes lacks: a golden copy, a test that runs it, a word to its readers. */
function lacks(path: string): string[] {
  return path.includes('<app>') ? scheduleLacks(path) : scriptLacks(path);
}

function scriptLacks(path: string): string[] {
  const name = basename(path);
  const copies = ['minimal', 'full', 'hostile'].filter((profile) => existsSync(join(project, 'test/golden/expected', profile, path)));
  const always = files.find((file) => file.path === path)?.when === undefined;
  // What only some profiles get needs one copy.
  const missing = always || copies.length === 0 ? ['minimal', 'full', 'hostile'].filter((profile) => !copies.includes(profile)) : [];
  return [
    ...missing.map((profile) => `golden file of ${profile}`),
    ...(tests.some((text) => text.includes(name)) ? [] : ['bats or live test']),
    ...(readme.includes(name) ? [] : ['word in README.md']),
  ];
}

/** A schedule is named after the application, comes for one scheduler only, and is run by the judges of schedules. */
function scheduleLacks(path: string): string[] {
  const [before = '', after = ''] = path.split('<app>');
  const folder = basename(dirname(path));
  return [
    ...(golden.some((file) => file.includes(before) && file.endsWith(after)) ? [] : ['golden file']),
    ...(schedules.includes(folder) ? [] : ['judge']),
    ...(readme.includes(`infrastructure/${folder}/`) ? [] : ['word in README.md']),
  ];
}

describe('every file that lifeboat writes', () => {
  it.each(files)('has golden copies, a test that runs it and a word in README.md: $path', ({ path }) => {
    expect(lacks(path)).toEqual([]);
  });

  it('and a file that has none of these is found', () => {
    expect(lacks(`infrastructure/backup/${['nothing', 'sh'].join('.')}`)).toHaveLength(5);
  });
});
