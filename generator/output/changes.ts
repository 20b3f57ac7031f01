import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import type { RenderedFile } from '../render/rendered-file.ts';
import { checksumFile, type DiskFile, type Tree } from './tree.ts';

/** What `generate` would do to one file. `foreign`: something stands there that no earlier `generate` wrote. */
export type Change = {
  readonly kind: 'add' | 'change' | 'remove';
  readonly path: string;
  readonly foreign: boolean;
  /** The texts of a file that changes; of one that is missing or surplus nobody wants to read all of it. */
  readonly texts?: { readonly before: string; readonly after: string };
  /** Said when the text alone does not tell what differs. */
  readonly note: string;
};

/** Compares a rendered tree with the disk. Files we wrote before are known from the `SHA256SUMS` that stands beside them. */
export function changesOf(tree: Tree, disk: ReadonlyMap<string, DiskFile>): Change[] {
  const ours = filesWeWrote(disk);
  const rendered = new Set(tree.files.map(({ path }) => path));
  const wanted = tree.files.flatMap((file): Change[] => {
    const old = disk.get(file.path);
    return old ? changeOf(file, old, ours.has(file.path)) : [{ kind: 'add', path: file.path, foreign: false, note: '' }];
  });
  const surplus = [...disk.keys()].filter((path) => !rendered.has(path)).map((path): Change => ({ kind: 'remove', path, foreign: !ours.has(path), note: '' }));
  return [...wanted, ...surplus].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function changeOf({ path, mode, text }: RenderedFile, old: DiskFile, isOurs: boolean): Change[] {
  const change = { kind: 'change', path, foreign: !isOurs, note: '' } as const;
  if (old.bytes === undefined) return [{ ...change, note: 'is not a plain file' }];
  if (!old.bytes.equals(Buffer.from(text))) return [{ ...change, texts: { before: textOf(old), after: text } }];
  const executable = mode === 0o755;
  return old.executable === executable ? [] : [{ ...change, foreign: false, note: `must ${executable ? '' : 'not '}be executable` }];
}

/** What differs between the two texts of a file, line by line; nothing where there are no two. */
export function unifiedDiff(environment: string, { path, texts }: Change): string {
  const name = `${environment}/${path}`;
  return texts === undefined ? '' : createTwoFilesPatch(name, name, texts.before, texts.after, undefined, undefined, { context: 3, headerOptions: FILE_HEADERS_ONLY });
}

/** A checksum list can be edited by hand: a path in it is only ever compared with what was found below the folder, never opened. */
function filesWeWrote(disk: ReadonlyMap<string, DiskFile>): ReadonlySet<string> {
  const list = disk.get(checksumFile);
  const paths = list ? [...textOf(list).matchAll(/^[0-9a-f]{64} {2}(.+)$/gm)].map((match) => match[1] ?? '') : [];
  return new Set(paths.length > 0 ? [...paths, checksumFile] : []);
}

function textOf({ bytes }: DiskFile): string {
  return bytes?.toString('utf8') ?? '';
}
