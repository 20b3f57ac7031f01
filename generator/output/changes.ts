import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { checksumFile, type DiskFile, type Tree } from './tree.ts';

/** What `generate` would do to one file. `foreign`: something stands there that no earlier `generate` wrote. */
export type Change = {
  readonly kind: 'add' | 'change' | 'remove';
  readonly path: string;
  readonly foreign: boolean;
  readonly before: string;
  readonly after: string;
  /** Said when the text alone does not tell what differs. */
  readonly note: string;
};

/** Compares a rendered tree with the disk. Files we wrote before are known from the `SHA256SUMS` that stands beside them. */
export function changesOf(tree: Tree, disk: ReadonlyMap<string, DiskFile>): Change[] {
  const ours = filesWeWrote(disk);
  const rendered = new Set(tree.files.map(({ path }) => path));
  const wanted = tree.files.flatMap(({ path, mode, text }): Change[] => {
    const old = disk.get(path);
    if (!old) return [{ kind: 'add', path, foreign: false, before: '', after: text, note: '' }];
    const sameText = old.bytes?.equals(Buffer.from(text)) ?? false;
    const executable = mode === 0o755;
    if (sameText && old.executable === executable) return [];
    const note = old.bytes === undefined ? 'is not a plain file' : sameText ? `must ${executable ? '' : 'not '}be executable` : '';
    return [{ kind: 'change', path, foreign: !sameText && !ours.has(path), before: textOf(old), after: text, note }];
  });
  const surplus = [...disk].flatMap(([path, old]): Change[] =>
    rendered.has(path) ? [] : [{ kind: 'remove', path, foreign: !ours.has(path), before: textOf(old), after: '', note: '' }],
  );
  return [...wanted, ...surplus].sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function unifiedDiff(environment: string, { kind, path, before, after }: Change): string {
  const name = `${environment}/${path}`;
  const [old, fresh] = [kind === 'add' ? '/dev/null' : name, kind === 'remove' ? '/dev/null' : name];
  return createTwoFilesPatch(old, fresh, before, after, undefined, undefined, { context: 3, headerOptions: FILE_HEADERS_ONLY });
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
