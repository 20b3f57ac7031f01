import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { noise, prose, randomNumbers } from './content.ts';

/** What one file of the tree holds; content follows from the seed. */
type Entry = { path: string; kind: 'text' | 'noise'; size: number; seed: number };

export type Corpus = {
  root: string;
  bytes: number;
  files: number;
  /** Rewrites one file in a hundred, others in each round, and answers how many. */
  change: (round: number) => Promise<number>;
};

const megabyte = 1e6;

/** An application tree like a real one: source and other text, photographs, and a few large files of both kinds. */
export async function writeCorpus(root: string, bytes: number): Promise<Corpus> {
  const entries = [...textFiles(bytes * 0.2), ...photographs(bytes * 0.5), ...largeFiles(bytes * 0.3)];
  for (const entry of entries) await write(root, entry);
  const small = entries.filter(({ path }) => !path.startsWith('data/'));
  return {
    root,
    bytes: entries.reduce((sum, { size }) => sum + size, 0),
    files: entries.length,
    change: async (round) => {
      const chosen = small.filter((_, index) => index % 100 === round % 100);
      for (const entry of chosen) await write(root, { ...entry, seed: entry.seed + round * 10_000_019 });
      return chosen.length;
    },
  };
}

/** Very many tiny files, a thousand to a directory: what a listing takes, and little else. */
export function writeTinyFiles(root: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const directory = join(root, `part-${Math.floor(index / 1000)}`);
    if (index % 1000 === 0) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `file-${index}`), `${index}\n`);
  }
}

const textFiles = (bytes: number): Entry[] =>
  split(bytes, 1000, 11_000, 1).map((size, index) => ({ path: `src/module-${index % 97}/part-${index % 13}/file-${index}.js`, kind: 'text', size, seed: index }));

const photographs = (bytes: number): Entry[] =>
  split(bytes, 20_000, 140_000, 2).map((size, index) => ({ path: `uploads/20${20 + (index % 7)}/${index % 61}/photo ${index}.jpg`, kind: 'noise', size, seed: 1e6 + index }));

const largeFiles = (bytes: number): Entry[] =>
  Array.from({ length: 4 }, (_, index) => {
    const [kind, extension] = index % 2 === 0 ? (['text', 'log'] as const) : (['noise', 'zip'] as const);
    return { path: `data/large-${index}.${extension}`, kind, size: Math.floor(bytes / 4), seed: 2e6 + index };
  });

/** Sizes between two bounds that add up to about so many bytes. */
function split(bytes: number, least: number, most: number, seed: number): number[] {
  const random = randomNumbers(seed);
  const sizes: number[] = [];
  for (let left = bytes; left > 0;) {
    const size = Math.floor(least + random() * (most - least));
    sizes.push(size);
    left -= size;
  }
  return sizes;
}

/** Large files are written in pieces, so that memory stays small here too. */
async function write(root: string, { path, kind, size, seed }: Entry): Promise<void> {
  const target = join(root, path);
  const make = kind === 'text' ? prose : noise;
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, make(seed, Math.min(size, 8 * megabyte)));
  for (let at = 8 * megabyte; at < size; at += 8 * megabyte) {
    await writeFile(target, make(seed + at, Math.min(size - at, 8 * megabyte)), { flag: 'a' });
  }
}
