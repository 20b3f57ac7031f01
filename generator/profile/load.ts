// A file on disk becomes a valid profile, or a list of everything that is wrong with it.
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import type { Problem } from '../errors.ts';
import { isRecord, merge } from './define.ts';
import { displayPath, EXTENSIONS, findProfiles, PROFILE_DIRECTORY } from './find.ts';
import { describeIssues } from './issues.ts';
import { readKeyFiles } from './key-files.ts';
import { readModule } from './read-module.ts';
import { readText } from './read-text.ts';
import { type Profile, profileSchema } from './schema.ts';
import { findSecrets } from './secrets.ts';
import { type FieldPath, formatPath, type Located, locateIn, type Source } from './source.ts';

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

type Chain = { sources: Source[]; problems: Problem[] };

/** Loads the named environments or paths, or every profile of the project when none is named. */
export async function loadProfiles(names: readonly string[], cwd: string): Promise<LoadResult> {
  const { files, problems } = findProfiles(names, cwd);
  const results = await Promise.all(files.map((file) => loadProfile(file, cwd)));
  const loaded = results.flatMap((result) => result.loaded);
  return { loaded, problems: [...problems, ...results.flatMap((result) => result.problems), ...sameName(loaded), ...loaded.flatMap(otherName)] };
}

async function loadProfile(file: string, cwd: string): Promise<LoadResult> {
  const { sources, problems } = await readChain(file, cwd, []);
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

/** The file and all that it extends, the most specific first. */
async function readChain(absolute: string, cwd: string, seen: readonly string[]): Promise<Chain> {
  const { source, problems } = await readSource(absolute, cwd);
  const base: unknown = isRecord(source.data) ? source.data['extends'] : undefined;
  if (problems.length > 0 || base === undefined) {
    return { sources: [source], problems: [...problems] };
  }
  const refusal = refuseExtends(base, absolute, seen);
  if (refusal !== undefined || typeof base !== 'string') {
    const place = locateIn([source], ['extends']);
    return { sources: [source], problems: [{ ...place, path: 'extends', code: 'extends', severity: 'error', message: refusal ?? '', fix: EXTENDS_FIX }] };
  }
  const next = resolve(dirname(absolute), base);
  const rest = await readChain(next, cwd, [...seen, absolute]);
  return { sources: [source, ...rest.sources], problems: rest.problems };
}

const EXTENDS_FIX = 'Write the path of another profile, such as "./production.yaml".';

function refuseExtends(base: unknown, absolute: string, seen: readonly string[]): string | undefined {
  if (typeof base !== 'string' || !EXTENSIONS.some((extension) => base.endsWith(extension))) {
    return `must be the path of a profile (got ${JSON.stringify(base)})`;
  }
  const next = resolve(dirname(absolute), base);
  return [...seen, absolute].includes(next) ? `extends itself through ${JSON.stringify(base)}` : undefined;
}

async function readSource(absolute: string, cwd: string): Promise<{ source: Source; problems: readonly Problem[] }> {
  const file = displayPath(absolute, cwd);
  try {
    return refuseCycle(absolute.endsWith('.ts') ? await readModule(file, absolute) : readText(file, readFileSync(absolute)));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!['ENOENT', 'EACCES', 'EISDIR', 'EPERM'].includes(code)) {
      throw error;
    }
    const problem: Problem = {
      file,
      path: '',
      code: 'file',
      message: code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`,
      fix: 'Check that the file exists and that you may read it.',
      severity: 'error',
    };
    return { source: { file, data: undefined, locate: () => undefined }, problems: [problem] };
  }
}

// Aliases and programs can make data that contains itself; nothing after this point would come to an end.
function refuseCycle(read: { source: Source; problems: readonly Problem[] }): typeof read {
  const { file, data } = read.source;
  const problem: Problem = { file, path: '', code: 'type', message: 'contains itself', fix: 'Write the fields out where they are used.', severity: 'error' };
  return isDeeperThan(data, 100) ? { source: { ...read.source, data: undefined }, problems: [problem] } : read;
}

function isDeeperThan(data: unknown, levels: number): boolean {
  return typeof data === 'object' && data !== null && (levels === 0 || Object.values(data).some((value) => isDeeperThan(value, levels - 1)));
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
