import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../generator/cli/compile.ts';
import { loadProfiles } from '../../generator/load/load.ts';
import { project } from '../support/runner/suites.ts';

export type Script = { readonly name: string; readonly text: string };

export const committedEnvironments = readdirSync(join(project, 'dist-scripts'));

const profiles = [
  ...['minimal', 'full', 'hostile'].map((name) => `test/golden/profiles/${name}.yaml`),
  ...['bare', 'elsewhere'].map((name) => `test/judges/profiles/${name}.yaml`),
];

/** The committed scripts as they stand on disk, and those of profiles that switch on, off and spell what the committed ones do not. */
export async function emittedScripts(): Promise<Script[]> {
  const committed = committedEnvironments.flatMap((environment) =>
    readdirSync(join(project, 'dist-scripts', environment), { recursive: true, encoding: 'utf8' })
      .map((path) => ({ name: `${environment}/${path}`, file: join(project, 'dist-scripts', environment, path) }))
      .filter(({ name }) => name.endsWith('.sh'))
      .map(({ name, file }) => ({ name, text: readFileSync(file, 'utf8') })),
  );
  const { loaded, problems } = await loadProfiles(profiles, project);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const compiled = compile(loaded).flatMap(({ tree }) =>
    tree.files.filter(({ path }) => path.endsWith('.sh')).map(({ path, text }) => ({ name: `${tree.environment}/${path}`, text })),
  );
  return [...committed, ...compiled].map(({ name, text }) => ({ name: name.replace('infrastructure/', ''), text }));
}

/** The parts of scripts that are plain Bash. */
export function partials(): Script[] {
  return templates().filter(({ name }) => name.endsWith('.sh'));
}

export function templates(): Script[] {
  return readdirSync(join(project, 'templates'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(sh|hbs)$/.test(path))
    .sort()
    .map((path) => ({ name: path, text: readFileSync(join(project, 'templates', path), 'utf8') }));
}

const lineOf = (lines: readonly string[], test: (line: string) => boolean, from = 0): number => {
  const index = lines.findIndex((line, at) => at >= from && test(line));
  if (index < 0) throw new Error('the script has no settings between two rules');
  return index;
};

/** The settings block: the lines, counted from 1, between its rule and the next. */
export function settingsOf(text: string): { first: number; last: number } {
  const lines = text.split('\n');
  const rule = lineOf(lines, (line) => line.startsWith('# --- Settings ---'));
  return { first: rule + 2, last: lineOf(lines, (line) => line.startsWith('# --- '), rule + 1) };
}
