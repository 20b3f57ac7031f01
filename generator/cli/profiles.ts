// What every command does first: load the profiles, hold them against the rules, stop if they cannot be used.
import { type Problem, ProfileError } from '../errors.ts';
import { type Loaded, loadProfiles, type LoadResult } from '../load/load.ts';
import { checkRules } from '../rules/check.ts';

/** Loads and checks without judging: warnings and errors side by side. */
export async function checkProfiles(names: readonly string[], cwd: string): Promise<LoadResult> {
  const { loaded, problems } = await loadProfiles(names, cwd);
  return { loaded, problems: [...problems, ...loaded.flatMap(checkRules)] };
}

/** The profiles and their warnings; throws a ProfileError that holds everything when there is an error, or with `strict` a warning. */
export async function validProfiles(
  names: readonly string[],
  cwd: string,
  strict: boolean,
): Promise<{ readonly loaded: readonly Loaded[]; readonly warnings: readonly Problem[] }> {
  const { loaded, problems } = await checkProfiles(names, cwd);
  if (isFatal(problems, strict)) {
    throw new ProfileError(problems);
  }
  return { loaded, warnings: problems };
}

export function isFatal(problems: readonly Problem[], strict: boolean): boolean {
  return problems.some(({ severity }) => severity === 'error' || strict);
}
