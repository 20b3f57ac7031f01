// What commands do first: load the profiles and hold them against the rules.
import type { Problem } from '../errors.ts';
import { loadProfiles, type LoadResult } from '../profile/load.ts';
import { checkRules } from '../rules/check.ts';

/** Loads and checks without judging: warnings and errors side by side. */
export async function checkProfiles(names: readonly string[], cwd: string): Promise<LoadResult> {
  const { loaded, problems } = await loadProfiles(names, cwd);
  return { loaded, problems: [...problems, ...loaded.flatMap(checkRules)] };
}

export function isFatal(problems: readonly Problem[], strict: boolean): boolean {
  return problems.some(({ severity }) => severity === 'error' || strict);
}
