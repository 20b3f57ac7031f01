import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintMongo } from '../support/fixtures/mongo-fingerprint.ts';
import type { Row } from '../support/fixtures/mongo-seed-indexes.ts';
import { fingerprintTree, type TreeFingerprint } from '../support/fixtures/tree-fingerprint.ts';
import type { ScriptResult } from '../support/sandbox/script.ts';
import { lookInto, twoAtATime } from './oracle/examine.ts';
import { type Link, words } from './support/chains.ts';
import { manifestOf } from './support/manifest.ts';
import { type KeptFiles, type KeptServer, leave, occupy, unpack } from './support/older-sets/kept.ts';
import { becomeKeptServer } from './support/older-sets/same-server.ts';
import { createSmallWorld, filesOfSets, type SmallWorld } from './support/small-world.ts';
import { createWorld, type State, type World } from './support/world.ts';

type Host = { runScript: (name: string, args: readonly string[]) => Promise<ScriptResult> };

/** Runs a script of today, which has to end well, and answers all that it said. */
async function run(host: Host, name: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await host.runScript(name, args);
  expect(code, `${name} ${args.join(' ')}\n${stderr}`).toBe(0);
  return stdout + stderr;
}

const builtOf = (into: string, component: string, path: string): Promise<TreeFingerprint> => fingerprintTree(join(into, component, path));
const renamed = (prefix: string, tree: TreeFingerprint): TreeFingerprint => Object.fromEntries(Object.entries(tree).map(([name, entry]) => [name.replace(/^\./, prefix), entry]));

describe('the sets of a server with everything', () => {
  let world: World;
  let host: Host;
  let kept: KeptServer;

  beforeAll(async () => {
    world = await createWorld({ root: await occupy('server') });
    // The application that is kept holds no scripts.
    const directory = join(world.root, 'generated/sandbox/infrastructure/backup');
    host = { runScript: (name, args) => world.runScript(name, args, { directory }) };
    kept = await becomeKeptServer(world);
  });
  afterAll(() => world.close().then(leave));

  async function restoredInto(...what: readonly string[]): Promise<string> {
    const into = join(world.root, what.join('-').replaceAll(/[: ]/g, ''));
    await run(host, 'restore.sh', ...what, '--into', into);
    return into;
  }

  async function expectFiles(into: string, state: State): Promise<void> {
    expect(await builtOf(into, 'app', world.paths.appRoot)).toEqual(state.app);
    expect(await builtOf(into, 'ssl', world.paths.letsencrypt)).toEqual(state.ssl);
    const [etc, pm2] = [await builtOf(into, 'config', join(world.root, 'etc')), await builtOf(into, 'config', world.paths.pm2Home)];
    expect({ ...renamed('etc', etc), ...renamed('pm2', pm2) }).toMatchObject(state.config);
  }

  it('are all listed, with the moments and the files that they hold', async () => {
    const list = await run(host, 'backup.sh', '--list');
    for (const [type, id] of Object.entries(kept.sets)) expect(list).toMatch(new RegExp(`${id} +${type}`));
    expect(await run(host, 'restore.sh', '--find', 'uploads/made later')).toContain(kept.sets.incremental);
  });

  it('are all good, says a dry run', async () => {
    for (const [type, id] of Object.entries(kept.sets)) await run(host, 'restore.sh', id, type === 'database' ? '--mongodb' : '--all', '--dry-run');
  });

  it('are restored elsewhere as they were', async () => {
    await twoAtATime(['full', 'incremental', 'database'] as const, async (type) => {
      const into = await restoredInto(kept.sets[type], type === 'database' ? '--mongodb' : '--all');
      expect(await lookInto(into, fingerprintMongo), type).toEqual(kept[type].mongodb);
      if (type !== 'database') await expectFiles(into, kept[type]);
    });
  });

  it('are restored in place, MongoDB to a moment before the last of them', async () => {
    await world.withMongo((client) => client.db('plugspace').dropDatabase());
    await world.withRedis((redis) => redis.call('FLUSHALL'));
    await rm(join(world.paths.letsencrypt, 'renewal'), { recursive: true });
    await run(host, 'restore.sh', 'latest', '--mongodb', '--redis', '--ssl', '--at', words(kept.moment.second), '--yes');
    const { mongodb, redis, ssl } = await world.state();
    expect({ mongodb, redis, ssl }).toEqual({ mongodb: kept.moment.mongodb, redis: kept.incremental.redis, ssl: kept.incremental.ssl });
    await run(host, 'restore.sh', kept.sets.full, '--redis', '--yes');
    expect((await world.state()).redis).toEqual(kept.full.redis);
  });

  it('end with a restore: a new chain begins, and the reason is said', async () => {
    expect(await run(host, 'backup.sh', '--database')).toContain('a full set is taken, and no database one: the server was restored since the last set');
    expect(await manifestOf(world)).toMatchObject({ type: 'full', parent: null });
  });

  it('are built on where the server went on', async () => {
    await becomeKeptServer(world);
    const write = (id: string): Promise<unknown> => world.withMongo((client) => client.db('plugspace').collection<Row>('went on').insertOne({ _id: id }, { writeConcern: { w: 'majority' } }));
    await write('before a database set');
    await run(host, 'backup.sh', '--database');
    expect(await manifestOf(world)).toMatchObject({ type: 'database', parent: kept.sets.database });
    await write('before an incremental set');
    await writeFile(join(world.paths.uploads, 'went on'), 'went on\n');
    await run(host, 'backup.sh', '--incremental');
    const set = (await manifestOf(world)) as Link;
    expect(set).toMatchObject({ type: 'incremental', parent: kept.sets.incremental });
    const state = await world.state();
    const into = await restoredInto(set.id, '--all');
    expect(await lookInto(into, fingerprintMongo)).toEqual(state.mongodb);
    await expectFiles(into, state);
    await run(host, 'restore.sh', 'latest', '--mongodb', '--at', words(kept.moment.second), '--dry-run');
  });
});

describe.each([
  ['age', 'app.tar.zst.age'],
  ['gpg', 'app.tar.zst.gpg'],
  ['passphrase', 'app.tar.zst.gpg'],
  ['signed', 'manifest.json.sig'],
])('the sets of a server with files: %s', (name, file) => {
  let world: SmallWorld;
  let kept: KeptFiles;

  beforeAll(async () => {
    world = await createSmallWorld(name, {}, {}, await occupy(name));
    kept = await unpack(name);
    await world.install(kept.backup);
  });
  afterAll(() => world.close().then(leave));

  it('are all listed', async () => {
    const list = await run(world, 'backup.sh', '--list');
    for (const [type, id] of Object.entries(kept.sets)) {
      expect(list).toMatch(new RegExp(`${id} +${type}`));
      expect(await filesOfSets(world)).toContain(`${id}/${file}`);
    }
  });

  it('come back: the full one elsewhere', async () => {
    const into = join(world.root, 'into');
    await run(world, 'restore.sh', kept.sets.full, '--all', ...kept.open, '--into', into);
    for (const [component, path, tree] of [['app', world.paths.appRoot, kept.full.app], ['ssl', world.paths.letsencrypt, kept.full.ssl]] as const) expect(await builtOf(into, component, path)).toEqual(tree);
  });

  it('come back: the incremental one in place, after a dry run', async () => {
    const what = [kept.sets.incremental, '--all', ...kept.open];
    await run(world, 'restore.sh', ...what, '--dry-run');
    for (const directory of [world.paths.appRoot, world.paths.letsencrypt]) await rm(directory, { recursive: true });
    await run(world, 'restore.sh', ...what, '--yes');
    expect(await world.state()).toEqual(kept.incremental);
  });

  it('are built on', async () => {
    kept = await unpack(name);
    await world.writeUpload('more.bin', 2000);
    const state = await world.state();
    await run(world, 'backup.sh', '--incremental');
    expect(await manifestOf(world)).toMatchObject({ type: 'incremental', parent: kept.sets.incremental });
    await world.writeUpload('more.bin', 10);
    await run(world, 'restore.sh', 'latest', '--all', ...kept.open, '--yes');
    expect(await world.state()).toEqual(state);
  });
});
