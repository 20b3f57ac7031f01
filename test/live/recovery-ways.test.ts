import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { Binary, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { take, withStub, write } from './support/chains.ts';
import { exactly, type Exactly } from './support/exactly.ts';
import { lookInto } from './oracle/examine.ts';
import { forgetHeads, setsOf } from './support/manifest.ts';
import { succeed } from './support/script.ts';
import { createWorld, type World } from './support/world.ts';

type Numbered = Document & { _id: number };

/** Without UUIDs: collections that are copied over are new ones. */
const content = (state: Exactly): Exactly =>
  Object.fromEntries(Object.entries(state).filter(([name]) => !name.includes('.system.')).map(([name, texts]) => [name, { ...texts, uuid: '' }]));
const look = async (world: World): Promise<Exactly> => content(await world.withMongo(exactly));

async function seed(world: World): Promise<void> {
  await world.withMongo(async (client) => {
    const db = client.db('shop');
    await db.collection('system.js').insertOne({ _id: 'rate' as never, value: 1 });
    await db.createCollection('checked', { validator: { email: { $type: 'string' } } });
    await db.collection<Numbered>('checked').insertOne({ _id: 1, email: 'a@b' });
    await db.collection<Numbered>('checked').insertOne({ _id: 2, broken: true }, { bypassDocumentValidation: true });
    await db.collection('checked').createIndex({ email: 1 });
    await db.createCollection('seen', { viewOn: 'checked', pipeline: [] });
    await db.collection<Numbered>('files').insertMany([{ _id: 1, run: new Binary(Buffer.alloc(4_000_000, 0x11)) }, { _id: 2, whole: 3, bytes: new Binary(randomBytes(4_000_000)) }, { _id: 3 }]);
    await db.createCollection('weather', { timeseries: { timeField: 'at' } });
    await db.collection('weather').insertMany([1, 2, 3].map((value) => ({ at: new Date(1.7e12 + value), value })));
  });
}

describe('a MongoDB elsewhere', () => {
  let world: World;
  let original: Exactly;
  beforeAll(async () => {
    world = await createWorld({ name: 'elsewhere', profile: { mongodb: { dataDirectory: null } } });
    await seed(world);
    original = await look(world);
    await take(world, 'full');
    await world.withMongo((client) => client.db('shop').collection<Numbered>('checked').insertOne({ _id: 3, email: 'in the slice' }));
    await take(world, 'database');
  });
  afterAll(() => world.close());

  it('gets what a private server here has recovered, system.js too; and the undo brings back what it held', async () => {
    const [full = ''] = await setsOf(world);
    await world.withMongo((client) => client.db('shop').collection('system.js').updateOne({ _id: 'rate' as never }, { $set: { value: 2 } }));
    await world.withMongo((client) => client.db('shop').collection('checked').drop());
    const damaged = await look(world);
    const pid = await world.mongodb.pid();
    await succeed(world, 'restore.sh', [full, '--mongodb', '--yes']);
    expect(await look(world)).toEqual(original);
    expect(await world.withMongo((client) => client.db('shop').collection('system.js').findOne())).toMatchObject({ value: 1 });
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    const { 'shop.checked': onlyInTheSet, ...rest } = await look(world);
    expect(onlyInTheSet).toBeDefined(); // it stays, as the plan says
    expect(rest).toEqual(damaged);
    expect(await world.withMongo((client) => client.db('shop').collection('system.js').findOne())).toMatchObject({ value: 2 });
    expect(await world.mongodb.pid()).toBe(pid);
  });

  it('is refused before anything is touched where no mongod of its version is here', async () => {
    const env = await withStub(world, 'mongod', 'echo "db version v5.0.1"');
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--mongodb', '--yes'], { env: { ...env, TMPDIR: world.temporary } });
    expect([code, stderr]).toEqual([3, expect.stringMatching(/was made with MongoDB 6\.0\.\d+, the server to restore to is 5\.0\.1: install MongoDB 6\.0/)]);
    const dry = await world.runScript('backup.sh', ['--full', '--dry-run'], { env: { ...env, TMPDIR: world.temporary } });
    expect([dry.code, dry.stderr]).toEqual([0, expect.stringMatching(/WARN {2}a restore needs mongod 6\.0 on this host, and here is 5\.0\.1/)]);
  });
});

describe('on this host', () => {
  let world: World;
  let original: Exactly;
  beforeAll(async () => {
    world = await createWorld({ name: 'ways' });
    await seed(world);
    original = await world.withMongo(exactly);
    await take(world, 'full');
  });
  afterAll(() => world.close());

  it('--collection copies documents that a validator refuses, and such that mongorestore takes hours for; the next chain goes on', async () => {
    for (const collection of ['shop.checked', 'shop.files']) {
      await succeed(world, 'restore.sh', ['latest', '--collection', collection, '--replace', '--yes']);
      expect((await look(world))[collection]).toEqual(content(original)[collection]);
    }
    const set = await take(world, 'database');
    expect([set.type, set.warnings]).toEqual(['database', []]);
    const state = await world.withMongo(exactly);
    await succeed(world, 'restore.sh', [set.id, '--mongodb', '--into', join(world.root, 'after'), '--yes']);
    expect(await lookInto(join(world.root, 'after'), exactly)).toEqual(state);
  });

  it('a set of an older lifeboat, which notes no UUIDs, comes back; and its chain is closed', async () => {
    const set = await take(world, 'full');
    const state = await world.withMongo(exactly);
    const file = join(world.paths.backups, set.id, 'manifest.json');
    await cp(file, `${world.root}/manifest.json`);
    const manifest = JSON.parse(await readFile(file, 'utf8')) as { components: { mongodb: { details: Document & { oplog: Document; collections: Document[] } } } };
    const { details } = manifest.components.mongodb;
    delete details['others'];
    delete details.oplog['created'];
    delete details.oplog['kinds'];
    for (const collection of details.collections) delete collection['uuid'];
    await writeFile(file, JSON.stringify(manifest));
    await forgetHeads(world);
    await succeed(world, 'restore.sh', [set.id, '--mongodb', '--into', join(world.root, 'old'), '--yes']);
    expect(content(await lookInto(join(world.root, 'old'), exactly))).toEqual(content(state));
    await write(world, 'more');
    const next = await take(world, 'database');
    expect([next.type, next.warnings[0]]).toEqual(['full', expect.stringMatching(/the sets so far are of an older lifeboat/)]);
  });

  // What the private server says of itself is altered on the way to the script; the one of the probe, which has to go well, is not.
  it.each([
    ['that other entries were recovered than were laid before it', `exec "\${REAL}" "$@" > >(sed --unbuffered --regexp-extended 's/("numOpsApplied":)([0-9]+)/\\11\\2/')`, /recovered 1(\d+) entries of the oplog, and \1 were laid before it; nothing that runs was touched/],
    ['that it has no stable checkpoint', `exec "\${REAL}" "$@" > >(sed --unbuffered --regexp-extended 's/("recoveryTimestamp":\\{"\\$timestamp":\\{"t":)[0-9]+/\\10/')`, /has no stable checkpoint \(recoveryTimestamp 0\)/],
    ['why it died', `if [[ "$*" == *startupRecovery* ]]; then echo '{"s":"F","msg":"No room for the journal","attr":{"at":7}}'; exit 14; fi; exec "\${REAL}" "$@"`, /F No room for the journal \{"at":7\}[^]*ERROR the private mongod did not start/],
  ])('a recovery that is not whole is no success: the server says %s', async (_, body, told) => {
    const asked = join(world.root, 'asked');
    const env = await withStub(world, 'mongod', `if [[ "$*" != *tampered* ]]; then exec "\${REAL}" "$@"; fi\nprintf '%s %s\\n' "$(nice)" "$*" >>'${asked}'\n${body}`);
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--mongodb', '--into', join(world.root, 'tampered'), '--yes'], { env: { ...env, TMPDIR: world.temporary } });
    await rm(join(world.root, 'tampered'), { recursive: true });
    expect([code, stderr]).toEqual([1, expect.stringMatching(told)]);
    // It leaves what runs its memory and its processor.
    expect(await readFile(asked, 'utf8')).toMatch(/^(1\d .* --wiredTigerCacheSizeGB (0\.[2-9]\d*|[1-8](\.\d+)?) .*\n)+$/);
  });

  it('a mongod that refuses to recover leaves mongorestore for plain writes, and anything else is refused by name', async () => {
    const env = await withStub(world, 'mongod', 'for word in "$@"; do if [[ ${word} == startupRecoveryForRestore=* ]]; then echo "unknown parameter" >&2; exit 2; fi; done; exec "${REAL}" "$@"');
    const tried = await world.runScript('restore.sh', ['latest', '--mongodb', '--into', join(world.root, 'refused'), '--yes'], { env: { ...env, TMPDIR: world.temporary } });
    expect([tried.code, tried.stderr]).toEqual([1, expect.stringMatching(/mongorestore would replay this one wrong: shop\.\S+ has a validator/)]);
    await world.withMongo(async (client) => { await client.db('shop').dropDatabase(); await client.db('plain').collection<Numbered>('rows').insertOne({ _id: 1 }); });
    await take(world, 'full');
    await world.withMongo((client) => client.db('plain').collection<Numbered>('rows').insertMany([{ _id: 2 }, { _id: 3 }]));
    const set = await take(world, 'database');
    const state = await look(world);
    await succeed(world, 'restore.sh', [set.id, '--mongodb', '--into', join(world.root, 'plain'), '--yes'], { env: { ...env, TMPDIR: world.temporary } });
    expect(content(await lookInto(join(world.root, 'plain'), exactly))).toEqual(state);
    await world.withMongo((client) => client.db('plain').renameCollection('rows', 'renamed'));
    const renamed = await take(world, 'database');
    const { code, stderr } = await world.runScript('restore.sh', [renamed.id, '--mongodb', '--into', join(world.root, 'renamed'), '--yes'], { env: { ...env, TMPDIR: world.temporary } });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/is not plain \(renameCollection\); the nearest moment that can be reached is --oplog-limit \d+:\d+/)]);
  });
});
