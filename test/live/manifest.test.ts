import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mustRun } from '../support/tools/command.ts';
import { toolPath } from '../support/tools/ensure.ts';
import { manifestOf, type Manifest, setDirectory, setsOf } from './support/manifest.ts';
import { backUp } from './support/script.ts';
import { seedEverything } from './support/seed.ts';
import { createWorld, type World } from './support/world.ts';

let world: World;
let sets: string[];

beforeAll(async () => {
  world = await createWorld({ name: 'manifest' });
  await seedEverything(world);
  for (const type of ['--full', '--full', '--config'] as const) await backUp(world, type);
  sets = await setsOf(world);
});
afterAll(() => world.close());

describe('the manifest', () => {
  it('is valid under its published schema, for a full and for a config set', async () => {
    const schema = JSON.parse(await readFile(new URL('../../schema/manifest.schema.json', import.meta.url), 'utf8')) as object;
    const validate = new Ajv2020({ allErrors: true, strict: false }).compile(schema);
    for (const set of sets) {
      expect(validate(await manifestOf(world, set)), JSON.stringify(validate.errors)).toBe(true);
    }
    expect(validate({ ...(await manifestOf(world)), unknown: 1 })).toBe(false);
  });

  it('bears the name of its directory, and times that belong to it', async () => {
    const manifests = await Promise.all(sets.map((set) => manifestOf(world, set)));
    expect(manifests.map(({ id }) => id)).toEqual(sets);
    expect(manifests.map(({ type }) => type)).toEqual(['full', 'full', 'config']);
    for (const { id, started, ended } of manifests) {
      expect(started.replaceAll(/[-:Z]/g, '').replace('T', '_')).toBe(id);
      expect(started <= ended).toBe(true);
    }
  });

  it('tells size, checksum and number of members of each file as they are, and of no other', async () => {
    for (const set of sets) {
      const directory = await setDirectory(world, set);
      const { components } = await manifestOf(world, set);
      const files = Object.values(components);
      expect((await readdir(directory)).sort()).toEqual([...files.map(({ file }) => file), 'manifest.json'].sort());
      for (const { file, bytes, sha256, rawBytes, members } of files) {
        const path = join(directory, file);
        expect([(await stat(path)).size, await digest(path)], file).toEqual([bytes, sha256]);
        const unpacked = await mustRun('bash', ['-c', 'zstd -dc "$1" | wc -c', 'bash', path]);
        expect(Number(unpacked), file).toBe(rawBytes);
        if (members !== undefined) {
          const listed = await mustRun('bash', ['-c', 'zstd -dc "$1" | tar --list --quoting-style=escape | wc -l', 'bash', path], { env: { ...process.env, PATH: toolPath() } });
          expect(Number(listed), file).toBe(members);
        }
      }
    }
  });

  it('lists every collection with its documents and indexes', async () => {
    const [set] = sets;
    const { details } = (await manifestOf(world, set)).components['mongodb'] ?? {};
    const { collections } = details as { collections: { namespace: string; type: string; documents: number; indexes: number; capped: boolean }[] };
    const { databases } = (await world.state()).mongodb;
    const expected = Object.entries(databases).flatMap(([database, prints]) =>
      Object.entries(prints).filter(([name]) => !name.startsWith('system.')).map(([name, print]) => ({ namespace: `${database}.${name}`, type: print.type, indexes: Object.keys(print.indexes).length })));
    const found = collections.filter(({ namespace }) => !namespace.startsWith('admin.')).map(({ namespace, type, indexes }) => ({ namespace, type, indexes }));
    expect(byNamespace(found)).toEqual(byNamespace(expected));
    expect(collections.find(({ namespace }) => namespace === 'plugspace.users')).toMatchObject({ documents: 2000 });
    expect(collections.find(({ namespace }) => namespace === 'plugspace.capped')).toMatchObject({ documents: 100, capped: true });
  });

  it('differs between two runs over the same data only in what time changes', async () => {
    const [first = '', second = ''] = await Promise.all(sets.slice(0, 2).map(async (set) => JSON.stringify(timeless(await manifestOf(world, set)), null, 2)));
    expect(second).toBe(first);
    expect(first).toContain('"file": "app.tar.zst"');
  });
});

const byNamespace = <T extends { namespace: string }>(items: T[]): T[] => items.sort((a, b) => (a.namespace < b.namespace ? -1 : 1));

/** Without names and times, and without what they change in archives: stamps of the oplog, sizes after compression, checksums, names of sets. */
function timeless({ id, started, ended, components, ...rest }: Manifest): object {
  // The bridge from the set before is there from the second full set on.
  const kept = Object.entries(components).filter(([name]) => name !== 'bridge').map(([name, { bytes, sha256, rawBytes, details, ...stored }]) => {
    expect([bytes > 0, rawBytes > 0, /^[0-9a-f]{64}$/.test(sha256)]).toEqual([true, true, true]);
    return [name, { ...stored, details: { ...details, oplog: undefined, sha256: undefined, sets: Array.isArray(details['sets']) ? details['sets'].length : undefined } }];
  });
  return { named: [basename(id) !== '', started !== '', ended !== ''], ...rest, components: Object.fromEntries(kept) as object };
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
