import { createHash } from 'node:crypto';
import type { RenderedFile } from './rendered-file.ts';
import { TemplateError } from './template-error.ts';
import type { TemplateSet } from './templates.ts';

/** Where the scripts and their parts stand. */
const folder = 'infrastructure/';
/** How one file names another that it needs: a part that is read, a module that is handed to mongosh. */
const named = /"\$\{INFRASTRUCTURE\}\/([\w/-]+\.(?:sh|js|jq))"/g;

/** Every part that the scripts name, and what those name, copied as they are; parts that no script of this environment names are left out. */
export function partsOf(scripts: readonly RenderedFile[], templates: TemplateSet): RenderedFile[] {
  const found = new Map(scripts.map((file) => [file.path, file]));
  const wanted = scripts.flatMap(namesIn);
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (found.has(name.path)) continue;
    const template = templates.byPath.get(name.path);
    if (!template) throw new TemplateError([{ path: name.by, line: 1, message: `names a part that does not exist: ${name.path}` }]);
    const part = { path: name.path, mode: 0o644, text: template.text } as const;
    found.set(part.path, part);
    wanted.push(...namesIn(part));
  }
  return [...found.values()].slice(scripts.length);
}

type Name = { readonly path: string; readonly by: string };

function namesIn({ path, text }: RenderedFile): Name[] {
  return [...text.matchAll(named)].map((match) => ({ path: folder + (match[1] ?? ''), by: path }));
}

/**
 * The scripts, each with a last line that says which text it ends, and `parts.sha256`, by which a script sees whether its parts are of one
 * version, and which of them somebody has edited on the server (`lib/start.sh`). A script beside that folder, which may be copied without it,
 * stands there by its last line alone.
 */
export function withList(scripts: readonly RenderedFile[]): RenderedFile[] {
  const ended = scripts.map((file) => ({ ...file, text: `${file.text}${commentOf(file.path)} ${lastWords(file)}\n` })).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const comments = scripts.map((file) => `# ${lastWords(file)}\n`).sort();
  const sums = ended.filter(({ path }) => path.startsWith(folder)).map(({ path, text }) => `${sha256(text)}  ${path.slice(folder.length)}\n`);
  return [...ended, { path: `${folder}parts.sha256`, mode: 0o644, text: [...comments, ...sums].join('') }];
}

function lastWords({ path, text }: RenderedFile): string {
  return `${sha256(text).slice(0, 16)} ${path.startsWith(folder) ? path.slice(folder.length) : `../${path}`}`;
}

const commentOf = (path: string): string => (path.endsWith('.js') ? '//' : '#');

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
