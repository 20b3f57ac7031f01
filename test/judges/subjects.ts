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

/** A script as Bash reads it: in the place of each line that reads a part stands that part. */
export type Joined = Script & { readonly settings: { readonly first: number; readonly last: number } };

/** The committed scripts as they stand on disk, and those of profiles that switch on, off and spell what the committed ones do not. */
export async function emittedScripts(): Promise<Joined[]> {
  return (await emittedTrees()).flatMap(({ environment, files }) =>
    [...files].filter(([, text]) => text.startsWith('#!')).map(([path, text]) => ({ name: `${environment}/${path}`.replace('infrastructure/', ''), ...joinParts(text, files) })),
  );
}

/** Every emitted file of Bash, alone. */
export async function emittedFiles(): Promise<Script[]> {
  return (await emittedTrees()).flatMap(({ environment, files }) => [...files].map(([path, text]) => ({ name: `${environment}/${path}`.replace('infrastructure/', ''), text })));
}

type Emitted = { readonly environment: string; readonly files: ReadonlyMap<string, string> };

async function emittedTrees(): Promise<Emitted[]> {
  const committed = committedEnvironments.map((environment) => {
    const directory = join(project, 'dist-scripts', environment);
    const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.sh')).sort();
    return { environment, files: new Map(paths.map((path) => [path, readFileSync(join(directory, path), 'utf8')])) };
  });
  const { loaded, problems } = await loadProfiles(profiles, project);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const compiled = compile(loaded).map(({ tree }) => ({
    environment: tree.environment,
    files: new Map(tree.files.filter(({ path }) => path.endsWith('.sh')).map(({ path, text }) => [path, text])),
  }));
  return [...committed, ...compiled];
}

/** A script reads itself whole, which is not code from elsewhere. */
const readsItself = /^ {2}source "\$\{SELF\}"$/;
const readsPart = /^source "\$\{INFRASTRUCTURE\}\/(.+)"$/;
/** The last line of a file says which text it ends. */
const withoutEnd = (text: string): string[] => text.replace(/\n# [0-9a-f]{16} \S+\n$/, '\n').split('\n').slice(0, -1);

function joinParts(text: string, files: ReadonlyMap<string, string>): Omit<Joined, 'name'> {
  const lines: string[] = [];
  let settings = { first: 0, last: 0 };
  for (const line of withoutEnd(text)) {
    const path = readsPart.exec(line)?.[1];
    if (path === undefined) {
      if (!readsItself.test(line)) lines.push(line);
      continue;
    }
    const part = files.get(`infrastructure/${path}`);
    if (part === undefined) throw new Error(`there is no part ${path}`);
    const first = lines.length + 1;
    lines.push(...withoutEnd(part));
    if (path === 'settings.sh') settings = { first, last: lines.length };
  }
  return { text: `${lines.join('\n')}\n`, settings };
}

/** The parts of scripts that are plain Bash. */
export function partials(): Script[] {
  return templates().filter(({ name }) => name.endsWith('.sh'));
}

export function templates(): Script[] {
  return readdirSync(join(project, 'templates'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(sh|js|hbs)$/.test(path))
    .sort()
    .map((path) => ({ name: path, text: readFileSync(join(project, 'templates', path), 'utf8') }));
}
