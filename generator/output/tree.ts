import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { RenderedFile } from '../render/rendered-file.ts';

/** All files of one environment, as they should stand below `<directory>/<environment>/`. */
export type Tree = { readonly environment: string; readonly files: readonly RenderedFile[] };

/** A file as it stands. Anything that is not a plain file (a link, a pipe) has no bytes and equals nothing. */
export type DiskFile = { readonly bytes: Buffer | undefined; readonly executable: boolean };

export const checksumFile = 'SHA256SUMS';

/** The tree with its `SHA256SUMS`, which lists every other file and so says which files are ours; `origin` goes above, as comments. */
export function treeOf(environment: string, rendered: readonly RenderedFile[], origin: readonly string[] = []): Tree {
  const files = rendered.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const sums = files.map((file) => `${createHash('sha256').update(file.text).digest('hex')}  ${file.path}\n`);
  const text = [...origin.map((line) => `# ${line}\n`), ...sums].join('');
  return { environment, files: [...files, { path: checksumFile, mode: 0o644, text }] };
}

/** What is on disk below a folder, by relative path; nothing at all where the folder does not exist. */
export function readTree(directory: string): Map<string, DiskFile> {
  const found = new Map<string, DiskFile>();
  for (const path of listFiles(directory)) {
    const file = join(directory, path);
    const stat = lstatSync(file);
    found.set(path, { bytes: stat.isFile() ? readFileSync(file) : undefined, executable: (stat.mode & 0o100) !== 0 });
  }
  return found;
}

function listFiles(directory: string): string[] {
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
