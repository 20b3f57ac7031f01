import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { project } from '../support/runner/suites.ts';
import { ask, projectFiles } from './programs.ts';
import { emittedScripts, type Joined, partials, type Script } from './subjects.ts';

const scripts = await emittedScripts();
const notShipped = await projectFiles('.ci/run', '*.bash', 'test/**/*.bats', 'test/support/**/*.sh', 'demo/**/*.sh');
const strictMode = partials().find(({ name }) => name === 'infrastructure/lib/start.sh')?.text ?? '';

/** ShellCheck with every optional check, without a configuration file. */
async function findings(text: string, shell = 'bash', checks = ['--enable=all']): Promise<string[]> {
  const { status, stdout, stderr } = await ask('shellcheck', ['--norc', `--shell=${shell}`, ...checks, '--format=gcc', '-'], text);
  if (status > 1) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

/**
 * The parts stand where they are read. A setting that one script does not use is one of the other's (`settingsOfBoth`); in a hostile setting,
 * what looks like an expansion is the value, and that it stays one is tested where the scripts are run.
 */
async function findingsOfScript({ name, text, settings: { first, last } }: Joined): Promise<string[]> {
  const inSettings = (line: string): boolean => Number(line.split(':')[1]) >= first && Number(line.split(':')[1]) <= last;
  const forgiven = name.startsWith('hostile/') ? /\[SC(2034|2016|1003)\]$/ : /\[SC2034\]$/;
  return (await findings(text)).filter((line) => !(inSettings(line) && forgiven.test(line)));
}

/** Settings that no script of an environment uses. */
function idleSettings(environment: readonly Joined[]): string[] {
  const [script] = environment;
  if (script === undefined) return ['no script'];
  const lines = script.text.split('\n').slice(script.settings.first - 1, script.settings.last);
  const names = lines.flatMap((line) => /^(?:readonly (?:-a )?|declare -rA )(\w+)=/.exec(line)?.[1] ?? []);
  const code = environment.map(({ text, settings: { first, last } }) => text.split('\n').filter((_, index) => index + 1 < first || index + 1 > last).join('\n')).join('\n');
  const inside = lines.join('\n');
  return names.filter((name) => !new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`\\$\\{${name}[}[]`).test(inside));
}

/** A part is judged alone, below the strict mode that every script begins with. */
const findingsOfPart = async ({ text }: Script): Promise<string[]> =>
  (await findings(`#!/usr/bin/env bash\n${text === strictMode ? '' : strictMode}\n${text}`)).filter((line) => !isNameOfAnotherPart(line, text));

/**
 * Settings and state (in capitals) come from one part and are used in another: set but unused, used but not set. So is what a function
 * fills for its caller (local -n). In whole scripts nothing is forgiven.
 */
function isNameOfAnotherPart(line: string, text: string): boolean {
  const [, name = ''] = /: (?:Possible misspelling: )?(\w+) (?:is referenced|appears unused|may not be assigned).*\[SC(?:2154|2034|2153)\]$/.exec(line) ?? [];
  return /^[A-Z][A-Z0-9_]*$/.test(name) || (name !== '' && text.includes(`local -n ${name}=`));
}

/** Names travel between the files of a test too; its strings hold much that is not meant to expand. */
const findingsOfTest = (path: string): Promise<string[]> =>
  findings(readFileSync(join(project, path), 'utf8'), path.endsWith('.bats') ? 'bats' : 'bash', ['--severity=warning', '--exclude=SC2034,SC2154']);

/** Switched-off checks without a reason on their line, and those beyond one in 200 lines. */
function unearnedDisables(text: string): string[] {
  const disables = text.split('\n').filter((line) => line.includes('shellcheck disable'));
  const allowed = Math.floor(text.split('\n').length / 200);
  const bare = disables.filter((line) => !/shellcheck disable=SC\d+ # \S+ \S+/.test(line));
  return [...bare, ...disables.slice(allowed)];
}

describe('ShellCheck, every optional check on, no check off', () => {
  it.each(scripts)('finds nothing in $name', async (script) => {
    expect(await findingsOfScript(script)).toEqual([]);
  });

  it.each([...new Set(scripts.map(({ name }) => name.split('/')[0] ?? ''))])('every setting of %s is used by a script', (environment) => {
    expect(idleSettings(scripts.filter(({ name }) => name.startsWith(`${environment}/`)))).toEqual([]);
  });

  it.each(partials())('finds nothing in the part $name, but names of other parts', async (part) => {
    expect(await findingsOfPart(part)).toEqual([]);
  });

  it.each([...scripts, ...partials()])('is told to look away in $name only with a reason, once in 200 lines', ({ text }) => {
    expect(unearnedDisables(text)).toEqual([]);
  });

  it('has no configuration file that could turn a check off', async () => {
    expect(await projectFiles('*shellcheckrc')).toEqual([]);
  });

  it.each(notShipped)('has no warning for %s, which is not shipped', async (path) => {
    expect(await findingsOfTest(path)).toEqual([]);
  });
});

describe('these judges can say no', () => {
  const bad = '#!/usr/bin/env bash\nset -euo pipefail\nstep() { false; }\nif step; then echo $1; fi\n';

  it('a word without quotes, and a step in a condition', async () => {
    expect((await findings(bad)).map((line) => /\[(SC\d+)\]/.exec(line)?.[1])).toEqual(expect.arrayContaining(['SC2086', 'SC2310']));
  });

  it('a local name that a part never sets is not the name of another part', async () => {
    expect(await findingsOfPart({ name: 'bad.sh', text: 'bad() {\n  printf "%s" "${SETTING}" "${lost}"\n}\n' })).toEqual([expect.stringContaining('lost is referenced but not assigned')]);
  });

  it('a check that is switched off without a reason, or once too often', () => {
    const lines = (count: number): string => '\n'.repeat(count);
    expect(unearnedDisables(`# shellcheck disable=SC2016\n${lines(300)}`)).toHaveLength(1);
    expect(unearnedDisables(`# shellcheck disable=SC2016 # mongosh expands it\n${lines(300)}`)).toEqual([]);
    expect(unearnedDisables(`# shellcheck disable=SC2016 # mongosh expands it\n${lines(30)}`)).toHaveLength(1);
  });
});
