// From what a person types, the name of an environment or a path, to a file.
import { readdirSync, statSync } from 'node:fs';
import { basename, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type Problem, UserError } from '../errors.ts';
import { didYouMean } from './issues.ts';

export const PROFILE_DIRECTORY = 'infrastructure/profiles';
export const EXTENSIONS = ['.ts', '.yaml', '.yml', '.json'] as const;

/** The files of the named environments, or of all of them when none is named. */
export function findProfiles(names: readonly string[], cwd: string): { files: string[]; problems: Problem[] } {
  if (names.length === 0) {
    const files = list(cwd);
    if (files.length === 0) {
      throw new UserError(`there are no profiles in ${PROFILE_DIRECTORY}`, 'Run "npx lifeboat init" to write one.');
    }
    return { files, problems: [] };
  }
  const found = [...new Set(names)].map((name) => (isPath(name) ? findPath(name, cwd) : findName(name, cwd)));
  return {
    files: [...new Set(found.filter((item) => typeof item === 'string'))],
    problems: found.filter((item) => typeof item !== 'string'),
  };
}

/** As it is printed and recorded: relative to the working directory, with forward slashes. */
export function displayPath(file: string, cwd: string): string {
  return relative(cwd, file).split(sep).join('/');
}

function isPath(name: string): boolean {
  return name.includes('/') || name.includes(sep) || EXTENSIONS.some((extension) => name.endsWith(extension));
}

function list(cwd: string): string[] {
  const directory = join(cwd, PROFILE_DIRECTORY);
  return entries(directory)
    .filter((name) => isSupported(name) && !name.endsWith('.d.ts') && !name.startsWith('.'))
    .sort()
    .map((name) => join(directory, name));
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isSupported(file: string): boolean {
  return EXTENSIONS.some((extension) => extension === extname(file));
}

function findPath(name: string, cwd: string): string | Problem {
  const file = isAbsolute(name) ? name : resolve(cwd, name);
  const shown = displayPath(file, cwd);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) {
    return problem(shown, 'does not exist', 'Check the path, or run "npx lifeboat init" to write a profile.');
  }
  if (!stat.isFile()) {
    return problem(shown, 'is not a file', 'Name a profile, such as infrastructure/profiles/production.ts.');
  }
  return isSupported(file) ? file : problem(shown, `is not a profile by its name (it ends in "${extname(file)}")`, `Profiles end in ${EXTENSIONS.join(', ')}.`);
}

function findName(name: string, cwd: string): string | Problem {
  const all = list(cwd);
  const matching = all.filter((file) => basename(file, extname(file)) === name);
  const [file, ...others] = matching;
  const shown = `${PROFILE_DIRECTORY}/${name}`;
  if (file === undefined) {
    const known = all.map((path) => basename(path, extname(path)));
    const fix = didYouMean(name, known) ?? (known.length > 0 ? `Profiles here: ${known.join(', ')}.` : 'Run "npx lifeboat init" to write one.');
    return problem(shown, `there is no profile named "${name}"`, fix);
  }
  const kinds = matching.map((path) => basename(path)).join(' and ');
  return others.length === 0 ? file : problem(shown, `is ambiguous: ${kinds} both exist`, 'Keep one of them, or give a path.');
}

function problem(file: string, message: string, fix: string): Problem {
  return { file, path: '', code: 'file', message, fix, severity: 'error' };
}
