import type { Problem } from '../errors.ts';
import type { Loaded } from '../profile/load.ts';
import { formatPath } from '../profile/source.ts';
import { rules } from './table.ts';

/** What the rules say about a valid profile, with the places in its file. */
export function checkRules({ profile, locate }: Pick<Loaded, 'profile' | 'locate'>): Problem[] {
  return rules.flatMap(({ code, severity, check }) =>
    check(profile).map(({ path, message, fix }) => ({ ...locate(path), path: formatPath(path), code, message, fix, severity })),
  );
}
