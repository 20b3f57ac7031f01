import type { Severity } from '../errors.ts';
import type { FieldPath } from '../profile/field-path.ts';
import type { Profile } from '../profile/schema.ts';

export type Finding = {
  /** The field to change. */
  readonly path: FieldPath;
  /** What is wrong, with the figures. */
  readonly message: string;
  /** What to write instead. */
  readonly fix: string;
};

/** A check across fields of a valid profile. */
export type Rule = {
  readonly code: string;
  readonly severity: Severity;
  /** The promise that the rule keeps, in one line. */
  readonly title: string;
  readonly check: (profile: Profile) => readonly Finding[];
};
