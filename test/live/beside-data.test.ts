import { chmod, chown, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ownSecret } from '../support/servers/own-secret.ts';
import { untilPrimary, withStub } from './support/chains.ts';
import { exactly } from './support/exactly.ts';
import { manifestOf } from './support/manifest.ts';
import { createRedisWorld, type RedisWorld } from './support/redis-world.ts';
import { succeed } from './support/script.ts';
import { createWorld, type World } from './support/world.ts';

type Held = { mode: string; owner: string; text: string };

/** A file as the server needs it. */
async function held(path: string): Promise<Held> {
  const { mode, uid, gid } = await stat(path);
  return { mode: (mode & 0o777).toString(8), owner: `${uid}:${gid}`, text: await readFile(path, 'utf8') };
}

const beside = async (world: Pick<World, 'paths'>, component: string): Promise<unknown> => (await manifestOf(world)).components[component]?.details['beside'];

describe('a MongoDB with a key file and certificates', () => {
  let world: World;
  let data: string;
  let key: string;
  let certificate: string;
  let before: Held[];

  const state = (): Promise<Held[]> => Promise.all([key, certificate].map(held));
  const countThings = (): Promise<number> => world.withMongo((client) => client.db('shop').collection('things').countDocuments());
  const restore = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => world.runScript('restore.sh', ['latest', '--mongodb', ...args], { env });

  beforeAll(async () => {
    world = await createWorld({ name: 'beside', mongodb: { auth: { user: 'admin', password: ownSecret('beside') } } });
    data = world.mongodb.dataDirectory;
    key = join(data, 'keys/mongod key');
    certificate = join(data, 'server.pem');
    await world.withMongo((client) => client.db('shop').collection('things').insertOne({}));
  });
  afterAll(() => world.close());

  it('outside of the data directory they are in nobody’s way: nothing is said, and nothing carried over', async () => {
    await succeed(world, 'backup.sh', ['--full']);
    expect([(await manifestOf(world)).warnings, await beside(world, 'mongodb')]).toEqual([[], []]);
    const { stderr } = await succeed(world, 'restore.sh', ['latest', '--mongodb', '--dry-run']);
    expect(stderr).not.toContain('carries over');
  });

  it('are named by the backup, with the setting and the cure', async () => {
    await world.mongodb.stop();
    await mkdir(join(data, 'keys'), { mode: 0o750 });
    await rename(join(world.root, 'etc/mongod.key'), key);
    await writeFile(certificate, 'a certificate\n', { mode: 0o640 });
    if (process.getuid?.() === 0) await chown(certificate, 12_345, 12_346);
    await writeFile(world.mongodb.configFile, (await readFile(world.mongodb.configFile, 'utf8')).replace(join(world.root, 'etc/mongod.key'), key));
    await world.mongodb.start();
    await world.withMongo(untilPrimary);
    before = await state();
    const dry = await succeed(world, 'backup.sh', ['--full', '--dry-run']);
    const { stderr } = await succeed(world, 'backup.sh', ['--full']);
    const warning = `mongodb: ${data} holds files that are no data, and in no set: keys/mongod key, server.pem; a restore on this host carries them over, on another one they are missing: write them into backup.config.paths`;
    expect([dry.stderr, stderr]).toEqual([expect.stringContaining(warning), expect.stringContaining(warning)]);
    expect([(await manifestOf(world)).warnings, await beside(world, 'mongodb')])
      .toEqual([[expect.stringContaining(warning)], [{ path: 'keys/mongod key', setting: 'security.keyFile' }, { path: 'server.pem' }]]);
  });

  it('stand in the plan, are there after a restore as they were, and stay in what is kept for the undo', async () => {
    await world.withMongo((client) => client.db('shop').collection('things').insertOne({}));
    const plan = await succeed(world, 'restore.sh', ['latest', '--mongodb', '--dry-run']);
    expect(plan.stderr).toContain(`plan:   carries over what lies in ${data} and is no data: keys/mongod key, server.pem`);
    expect((await restore(['--yes'])).code).toBe(0);
    expect([await state(), (await stat(join(data, 'keys'))).mode & 0o777, await countThings()]).toEqual([before, 0o750, 1]);
    const [kept = ''] = (await readdir(join(data, '..'))).filter((name) => name.includes('lifeboat-undo'));
    expect(await held(join(data, '..', kept, 'keys/mongod key'))).toEqual(before[0]);
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    await world.withMongo(untilPrimary);
    expect([await state(), await countThings()]).toEqual([before, 2]);
  });

  it('that cannot even be looked for are told at the backup, and a restore is refused', async () => {
    const blind = await withStub(world, 'find', `if [[ "$*" == *lost+found* ]]; then echo "find: './keys': Permission denied" >&2; exit 1; fi; exec "\${REAL}" "$@"`);
    const { stderr } = await succeed(world, 'backup.sh', ['--full', '--dry-run'], { env: blind });
    expect(stderr).toMatch(/what lies in \S+ and is no data is not known \(find: '\.\/keys': Permission denied\)[^]*in no set: keys\/mongod key;/);
    const refused = await restore(['--yes'], blind);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('a restore would take it away from the server: run with sudo')]);
  });

  it('that are gone since the backup are missed before the configuration that names them comes back', async () => {
    await rename(key, `${world.root}/key`);
    const refused = await restore(['--config', '--dry-run']);
    const alone = await restore(['--dry-run']);
    await rename(`${world.root}/key`, key);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining(`mongodb was told to read ${key} (security.keyFile) when`)]);
    expect([alone.code, alone.stderr]).toEqual([0, expect.stringContaining('the server read it (security.keyFile)')]);
  });

  it('are no matter where the profile has them stored', async () => {
    const script = join(world.paths.appRoot, 'infrastructure/settings.sh');
    const text = await readFile(script, 'utf8');
    await writeFile(script, text.replace(/^readonly -a CONFIG_PATHS=\($/m, `$&\n  '${join(data, 'keys')}'\n  '${certificate}'`));
    const { stderr } = await succeed(world, 'backup.sh', ['--full', '--dry-run']);
    await writeFile(script, text);
    expect(stderr).not.toContain('holds files that are no data');
  });
});

describe('a MongoDB with its files in many directories', () => {
  const layouts = [{ directoryForIndexes: true }, { directoryPerDB: true, directoryForIndexes: true }];
  const seed = (world: World): Promise<unknown> => world.withMongo(async (client) => {
    for (const name of ['shop', 'other-shop']) {
      await client.db(name).collection('things').insertOne({});
      await client.db(name).collection('things').createIndex({ a: 1 });
    }
  });

  it.each(layouts)('is not called a stranger in its own house, and strangers are carried over: %o', async (layout) => {
    const world = await createWorld({ name: 'layout', mongodb: { layout } });
    const data = world.mongodb.dataDirectory;
    await seed(world);
    const { stderr } = await succeed(world, 'backup.sh', ['--full']);
    expect([stderr, (await manifestOf(world)).warnings, await beside(world, 'mongodb')]).toEqual([expect.not.stringContaining('no data'), [], []]);
    const within = 'directoryPerDB' in layout ? 'shop' : 'index';
    for (const name of ['server.pem', join(within, 'a note')]) await writeFile(join(data, name), name);
    await succeed(world, 'backup.sh', ['--full']);
    expect((await beside(world, 'mongodb')) as { path: string }[]).toEqual(expect.arrayContaining([{ path: 'server.pem' }, { path: `${within}/a note` }]));
    const state = await world.withMongo(exactly);
    await world.withMongo((client) => client.db('shop').dropDatabase());
    await succeed(world, 'restore.sh', ['latest', '--mongodb', '--yes']);
    expect([await world.withMongo(exactly), await readFile(join(data, within, 'a note'), 'utf8'), await readFile(join(data, 'server.pem'), 'utf8')]).toEqual([state, `${within}/a note`, 'server.pem']);
    await world.close();
  });

  it('some of which lead to another disk keeps what lies there as it was, and says so', async () => {
    const world = await createWorld({ name: 'linked', mongodb: { layout: { directoryPerDB: true } } });
    const data = world.mongodb.dataDirectory;
    await seed(world);
    await world.mongodb.stop();
    for (const name of ['journal', 'shop']) {
      await rename(join(data, name), join(world.root, `${name}-elsewhere`));
      await symlink(join(world.root, `${name}-elsewhere`), join(data, name));
    }
    await symlink(join(world.root, 'etc'), join(data, 'settings'));
    await world.mongodb.start();
    await world.withMongo(untilPrimary);
    await succeed(world, 'backup.sh', ['--full']);
    expect(await beside(world, 'mongodb')).toEqual([{ path: 'settings' }]);
    await world.withMongo((client) => client.db('shop').collection('things').insertOne({ later: true }));
    const now = await world.withMongo(exactly);
    const { stderr } = await succeed(world, 'restore.sh', ['latest', '--mongodb', '--yes']);
    expect(stderr).toContain(`WARN  in ${data} these lead elsewhere, as to another disk: journal, shop; what is restored lies in the directory itself.`);
    expect(await Promise.all(['journal', 'shop', 'settings'].map(async (name) => (await lstat(join(data, name))).isSymbolicLink()))).toEqual([false, false, true]);
    await world.withMongo((client) => client.db('shop').collection('new').insertOne({}));
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    await world.withMongo(untilPrimary);
    expect(await world.withMongo(exactly)).toEqual(now);
    await world.close();
  });
});

describe('a Valkey with files of any name in its data directory', () => {
  it('keeps its list of accounts, and neither snapshots nor append-only files of names that were in use before', async () => {
    const world = await createRedisWorld({ kind: 'valkey', aof: true, lines: ['dbfilename memory', 'appendfilename "journal"', 'appenddirname "journal of now"'] });
    const data = world.redis.dataDirectory;
    await world.redis.cli('SET', 'a', '1');
    await world.redis.cli('SAVE');
    await succeed(world, 'backup.sh', ['--full']);
    expect([(await readdir(data)).sort(), await beside(world, 'redis')]).toEqual([['journal of now', 'memory'], []]);
    await mkdir(join(data, 'appendonlydir'));
    await cp(join(data, 'memory'), join(data, 'memory of before'));
    for (const [name, text] of [['appendonlydir/appendonly.aof.manifest', 'file appendonly.aof.1.base.rdb seq 1 type b\n'], ['appendonlydir/appendonly.aof.1.base.rdb', 'x'], ['temp-1.rdb', 'x'], ['newer', 'VALKEY080\xfa'], ['users.acl', 'user default on nopass ~* &* +@all\n'], ['memory.txt', 'a note\n']] as const) {
      await writeFile(join(data, name), text);
    }
    await succeed(world, 'backup.sh', ['--full']);
    expect(((await beside(world, 'redis')) as { path: string }[]).map(({ path }) => path).sort()).toEqual(['memory.txt', 'users.acl']);
    await world.redis.cli('FLUSHALL');
    await succeed(world, 'restore.sh', ['latest', '--redis', '--yes']);
    expect([await world.redis.cli('GET', 'a'), (await readdir(data)).sort()]).toEqual(['1', ['journal of now', 'memory', 'memory.txt', 'users.acl']]);
    await world.close();
  });
});

describe('a Redis with a list of accounts in its data directory', () => {
  let world: RedisWorld;
  afterEach(() => world.close());

  it('keeps it over a restore, but no snapshot and no commands of another name', async () => {
    world = await createRedisWorld();
    const data = world.redis.dataDirectory;
    await writeFile(join(data, 'users.acl'), 'user default on nopass ~* &* +@all\nuser app on >secret ~app:* +@read\n');
    await chmod(join(data, 'users.acl'), 0o640);
    await writeFile(join(data, 'nodes.conf'), 'vars currentEpoch 0 lastVoteEpoch 0\n');
    await world.configure([`aclfile ${join(data, 'users.acl')}`]);
    await world.redis.cli('SET', 'a', '1');
    await world.redis.cli('SAVE');
    for (const [name, text] of [['before', 'REDIS0010\xfa'], ['journal', '*2\r\n$6\r\nSELECT\r\n'], ['old.rdb', 'x'], ['temp-12.rdb', 'x']] as const) await writeFile(join(data, name), text);
    const before = await held(join(data, 'users.acl'));
    const { stderr } = await succeed(world, 'backup.sh', ['--full']);
    expect(stderr).toMatch(/WARN .*redis: \S+ holds files that are no data, and in no set: (nodes\.conf, users\.acl|users\.acl, nodes\.conf);/);
    expect(await beside(world, 'redis')).toEqual([{ path: 'users.acl', setting: 'aclfile' }, { path: 'nodes.conf' }]);
    await world.redis.cli('FLUSHALL');
    await succeed(world, 'restore.sh', ['latest', '--redis', '--yes']);
    expect([await world.redis.cli('GET', 'a'), await world.redis.cli('ACL', 'USERS')]).toEqual(['1', 'app\ndefault']);
    expect(await held(join(data, 'users.acl'))).toEqual(before);
    expect((await readdir(data)).filter((name) => !/^(dump\.rdb|appendonly.*)$/.test(name)).sort()).toEqual(['nodes.conf', 'users.acl']);
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    expect((await readdir(data)).sort()).toEqual(['before', 'dump.rdb', 'journal', 'nodes.conf', 'old.rdb', 'temp-12.rdb', 'users.acl']);
    await rm(join(data, 'before'));
  });

  it('that cannot be copied ends the restore before the server is stopped', async () => {
    world = await createRedisWorld();
    await writeFile(join(world.redis.dataDirectory, 'nodes.conf'), 'x\n');
    await succeed(world, 'backup.sh', ['--full']);
    const pid = await world.redis.pid();
    const stubs = await withStub(world, 'cp', `if [[ "$*" == *--parents* ]]; then echo 'cp: no space left' >&2; exit 1; fi; exec "\${REAL}" "$@"`);
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--redis', '--yes'], { env: stubs });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/cp: no space left[^]*could not be carried over \(nodes\.conf\): nothing of it was replaced[^]*way back: none is needed/)]);
    expect([await world.redis.pid(), await readdir(world.redis.dataDirectory)]).toEqual([pid, ['nodes.conf']]);
  });

  it('without which it would not start is missed before the configuration of then comes back', async () => {
    world = await createRedisWorld();
    const file = join(world.redis.dataDirectory, 'users.acl');
    await writeFile(file, 'user default on nopass ~* &* +@all\n');
    await world.configure(['aclfile users.acl']);
    await succeed(world, 'backup.sh', ['--full']);
    await rm(file);
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--redis', '--config', '--dry-run']);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`redis was told to read ${file} (aclfile) when`)]);
  });
});
