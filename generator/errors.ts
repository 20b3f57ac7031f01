// Two families: what the user can cure (exit 1, or 2 for the command line) and what is our fault (anything else, exit 70).

export type Severity = 'error' | 'warning';

/** Where something stands: a file, and a place in its text where that is known. */
export type Located = { readonly file: string; readonly line?: number; readonly column?: number };

/** One thing that is wrong, as data. `path` is a place in the profile, empty for the file as a whole. */
export type Problem = Located & {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly severity: Severity;
};

/** The user's to cure: printed without a stack. */
export class UserError extends Error {
  override readonly name: string = 'UserError';

  constructor(
    message: string,
    readonly fix = '',
  ) {
    super(message);
  }
}

/** A command line that cannot be understood. */
export class UsageError extends UserError {
  override readonly name = 'UsageError';
}

/** Profiles that cannot be used, with everything that is wrong with them. */
export class ProfileError extends UserError {
  override readonly name = 'ProfileError';

  constructor(readonly problems: readonly Problem[]) {
    super(problems.map((problem) => `${problem.file} ${problem.path}: ${problem.message}`).join('\n'));
  }
}
