import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measure } from '../../bench/command.ts';
import { noise, prose } from '../../bench/content.ts';
import { writeCorpus } from '../../bench/corpus.ts';

let scratch: string;
beforeAll(async () => { scratch = await mkdtemp(join(tmpdir(), 'lifeboat-bench-unit-')); });
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function digests(root: string): Promise<Map<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(await Promise.all(files.map(async (path) => [path.slice(root.length), createHash('sha256').update(await readFile(path)).digest('hex')] as const)));
}

describe('the tree of the benchmark', () => {
  it('is the same in every run, and has the size it was asked for', async () => {
    const [one, two] = [await writeCorpus(join(scratch, 'one'), 3e6), await writeCorpus(join(scratch, 'two'), 3e6)];
    const tree = await digests(one.root);
    expect(await digests(two.root)).toEqual(tree);
    expect(tree.size).toBe(one.files);
    expect(Math.abs(one.bytes - 3e6)).toBeLessThan(0.3e6);
    expect(new Set(tree.values()).size).toBe(tree.size);
  });

  it('changes as many files as it says, others in each round', async () => {
    const corpus = await writeCorpus(join(scratch, 'changing'), 3e6);
    const seen: string[] = [];
    for (const round of [1, 2]) {
      const before = await digests(corpus.root);
      const count = await corpus.change(round);
      const changed = [...(await digests(corpus.root))].filter(([path, digest]) => before.get(path) !== digest).map(([path]) => path);
      expect(changed).toHaveLength(count);
      seen.push(...changed);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThan(0);
  });

  it('holds text that compresses like text, and noise that does not', () => {
    expect(gzipSync(prose(1, 200_000)).length / 200_000).toBeGreaterThan(0.2);
    expect(gzipSync(prose(1, 200_000)).length / 200_000).toBeLessThan(0.5);
    expect(gzipSync(noise(1, 200_000)).length).toBeGreaterThan(199_000);
  });
});

describe('a measured command', () => {
  const script = (body: string): readonly [string, ...string[]] => [process.execPath, '-e', body];
  const path = process.env['PATH'] ?? '';

  it('has a time, and the memory of everything that it started', async () => {
    const child = `require('child_process').spawnSync(process.execPath, ['-e', 'const held = Buffer.alloc(150e6, 1); setTimeout(() => held, 300)'])`;
    const { seconds, peakBytes } = await measure({ argv: script(child) }, path, true);
    expect(seconds).toBeGreaterThan(0.3);
    expect(peakBytes).toBeGreaterThan(180e6);
    expect(peakBytes).toBeLessThan(500e6);
  });

  it('has no time when it fails', async () => {
    await expect(measure({ argv: script('console.error("no space left"); process.exit(3)') }, path)).rejects.toThrow(/ended with 3:\nno space left/);
  });
});
