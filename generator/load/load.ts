// A file on disk becomes a valid profile, or a list of everything that is wrong with it.
import { existsSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import type { Located, Problem } from '../errors.ts';
import { isRecord, merge } from '../profile/define.ts';
import { type FieldPath, formatPath } from '../profile/field-path.ts';
import { type Profile, profileSchema } from '../profile/schema.ts';
import { displayPath, findProfiles, PROFILE_DIRECTORY } from './find.ts';
import { describeIssues } from './issues.ts';
import { readKeyFiles } from './key-files.ts';
import { readSources } from './read-sources.ts';
import { findSecrets } from './secrets.ts';
import { locateIn, type Source } from './source.ts';

export type Loaded = {
  readonly environment: string;
  /** Path of the profile, relative to the working directory. */
  readonly file: string;
  readonly profile: Profile;
  /** The lines of the GnuPG keys that can open the backups. */
  readonly gpgKeys: readonly string[];
  /** Where a field stands, for messages. */
  readonly locate: (path: FieldPath) => Located;
};

export type LoadResult = { readonly loaded: readonly Loaded[]; readonly problems: readonly Problem[] };

/** Loads the named environments or paths, or every profile of the project when none is named. */
export async function loadProfiles(names: readonly string[], cwd: string): Promise<LoadResult> {
  const { files, problems } = findProfiles(names, cwd);
  const results = await Promise.all(files.map((file) => loadProfile(file, cwd)));
  const loaded = results.flatMap((result) => result.loaded);
  return { loaded, problems: [...problems, ...results.flatMap((result) => result.problems), ...sameName(loaded), ...loaded.flatMap(otherName)] };
}

async function loadProfile(file: string, cwd: string): Promise<LoadResult> {
  const { sources, problems } = await readSources(file, cwd);
  const [first, ...bases] = sources;
  if (first === undefined || problems.length > 0) {
    return { loaded: [], problems };
  }
  const locate = (path: FieldPath): Located => locateIn([first, ...bases], path);
  const data = sources.map(({ data }) => withoutDirectives(data)).reduceRight((base, over) => merge(base, over));
  if (!isRecord(data)) {
    return { loaded: [], problems: [notAProfile(first.file)] };
  }
  const secrets = sources.flatMap(secretProblems);
  const parsed = profileSchema.safeParse(data);
  const issues = describeIssues(parsed.error?.issues ?? [], data)
    .map(({ path, ...rest }): Problem => ({ ...locate(path), path: formatPath(path), ...rest, severity: 'error' }))
    .filter((problem) => !secrets.some((secret) => secret.path === problem.path));
  const all = [...secrets, ...issues].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  if (!parsed.success || all.length > 0) {
    return { loaded: [], problems: all };
  }
  const keys = readKeyFiles(parsed.data, locate, cwd);
  return keys.problems.length > 0
    ? { loaded: [], problems: keys.problems }
    : { loaded: [{ environment: parsed.data.name, file: first.file, profile: parsed.data, gpgKeys: keys.gpgKeys, locate }], problems: missingSchema(first, cwd) };
}

function withoutDirectives(data: unknown): unknown {
  return isRecord(data) ? Object.fromEntries(Object.entries(data).filter(([key]) => key !== 'extends' && key !== '$schema')) : data;
}

function secretProblems(source: Source): Problem[] {
  return findSecrets(source.data).map(({ path, what }) => ({
    ...locateIn([source], path),
    path: formatPath(path),
    code: 'secret',
    message: `holds ${what}; secrets do not belong in a profile`,
    fix: 'Remove it, put it into the environment file on the server (backup.envFile), and change it where it was used.',
    severity: 'error',
  }));
}

function notAProfile(file: string): Problem {
  return { file, path: '', code: 'type', message: 'is not a profile: it holds no fields', fix: 'Write at least name, app.name and app.domain.', severity: 'error' };
}

// Commands take the name of the file, and folders have that of the environment.
function otherName({ environment, file, locate }: Loaded): Problem[] {
  const called = basename(file, extname(file));
  if (called === environment || dirname(file) !== PROFILE_DIRECTORY) return [];
  return [
    {
      ...locate(['name']),
      path: 'name',
      code: 'NAME-001',
      message: `is "${environment}", but the file is called "${called}": commands take ${called}, and what they write is called ${environment}`,
      fix: `Write "${called}", or rename the file to ${environment}${extname(file)}.`,
      severity: 'warning',
    },
  ];
}

// An editor that does not find the schema checks nothing, and says nothing.
function missingSchema({ file, data, locate, schema: named }: Source, cwd: string): Problem[] {
  const schema: unknown = named ?? (isRecord(data) ? data['$schema'] : undefined);
  if (typeof schema !== 'string' || /^[a-z]+:/i.test(schema) || existsSync(resolve(cwd, dirname(file), schema))) return [];
  const { line, column } = locate(['$schema']) ?? {};
  return [
    {
      file,
      ...(line === undefined || column === undefined ? {} : { line, column }),
      path: '$schema',
      code: 'SCHEMA-001',
      message: `is ${schema}, and no such file is there: an editor checks nothing`,
      fix: `Write it: npx lifeboat schema > ${displayPath(resolve(cwd, dirname(file), schema), cwd)}`,
      severity: 'warning',
    },
  ];
}

// Each environment has one folder of generated files.
function sameName(loaded: readonly Loaded[]): Problem[] {
  return loaded.flatMap(({ environment, file, locate }, index) => {
    const other = loaded.slice(0, index).find((earlier) => earlier.environment === environment);
    return other === undefined
      ? []
      : [{ ...locate(['name']), file, path: 'name', code: 'duplicate', message: `"${environment}" is also the name of ${other.file}`, fix: 'Give each profile its own name.', severity: 'error' as const }];
  });
}
