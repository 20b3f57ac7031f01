import type { Located, Problem } from '../errors.ts';
import { type FieldPath, formatPath } from '../profile/field-path.ts';
import type { Profile } from '../profile/schema.ts';
import { rules } from './table.ts';

/** What the rules say about a valid profile, with the places in its file. */
export function checkRules({ profile, locate }: { readonly profile: Profile; readonly locate: (path: FieldPath) => Located }): Problem[] {
  return rules.flatMap(({ code, severity, check }) =>
    check(profile).map(({ path, message, fix }) => ({ ...locate(path), path: formatPath(path), code, message, fix, severity })),
  );
}
