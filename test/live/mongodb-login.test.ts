import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../support/fixtures/mongo-seed-indexes.ts';
import { fingerprintMongo, type MongoFingerprint } from '../support/fixtures/mongo-fingerprint.ts';
import { seedAccounts } from '../support/fixtures/mongo-seed-accounts.ts';
import type { ScriptResult } from '../support/sandbox/script.ts';
import { ownSecret } from '../support/servers/own-secret.ts';
import { project } from '../support/runner/suites.ts';
import { setsOf } from './support/manifest.ts';
import { backUp, restore } from './support/script.ts';
import { SecretWatch } from './support/secret-watch.ts';
import { createWorld, type World } from './support/world.ts';

const password = ownSecret(`p#:@/%"' x\\$(y)é`);
const redisPassword = ownSecret(`r#:@/%"' x\\$(y)`);

let world: World;
let watch: SecretWatch;
let original: MongoFingerprint;

beforeAll(async () => {
  world = await createWorld({ name: 'login', mongodb: { auth: { user: 'ad min@x', password } }, redis: { password: redisPassword, aof: true } });
  await world.withMongo(async (client) => {
    await client.db('plugspace').collection<Row>('things').insertMany([{ _id: 1 }, { _id: 2 }]);
    await seedAccounts(client);
    original = await fingerprintMongo(client);
  });
  const encoded = encodeURIComponent(password);
  watch = new SecretWatch(world, [password, encoded, encoded.replaceAll("'", '%27'), redisPassword]);
});
afterAll(async () => { await watch.stop(); await world.close(); });

async function ended(at: World, code: number, name: string, args: readonly string[]): Promise<ScriptResult> {
  const result = await at.runScript(name, args);
  expect([name, args, result.code, result.code === code ? '' : result.stderr]).toEqual([name, args, code, '']);
  return result;
}

async function logInWith(environment: string): Promise<void> {
  await writeFile(world.paths.envFile, environment);
  await chmod(world.paths.envFile, 0o600);
}

describe('a password with every awkward character, in the environment file', () => {
  it('works for the backup', async () => {
    await watch.during(() => backUp(world));
  });

  it('works for the restore, after which the accounts are the same and log in', async () => {
    // The administrator stays, as it is the one who damages.
    await world.withMongo(async (client) => {
      await client.db('plugspace').dropDatabase();
      await client.db('plugspace').command({ dropAllUsersFromDatabase: 1 });
      await client.db('admin').command({ dropUser: 'backup' });
    });
    await watch.during(async () => {
      expect((await restore(world, '--mongodb', '--redis')).stderr).not.toContain('cannot log in');
    });
    expect(await world.withMongo(fingerprintMongo)).toEqual(original);
  });

  it('works when the server has forgotten the administrator', async () => {
    await world.withMongo(async (client) => {
      await client.db('admin').command({ createUser: 'intruder', pwd: 'x', roles: ['root'] });
      await client.db('admin').command({ dropUser: 'ad min@x' });
    });
    await watch.during(() => restore(world, '--mongodb'));
    expect(await world.withMongo(fingerprintMongo)).toEqual(original);
  });

  it('would have been noticed: the watch sees a secret that a process is given', async () => {
    const test = new SecretWatch(world, [password]);
    await test.giveAway(password);
    expect(test.argumentsWithSecret).toEqual([`sh -c read -r line ${password} `]);
  });

  it('stood in no argument list of any process meanwhile', () => {
    expect(watch.processesSeen).toBeGreaterThan(20);
    expect(watch.argumentsWithSecret).toEqual([]);
  });

  it('stood in no temporary file that others may read', () => {
    expect(watch.filesSeen).toBeGreaterThan(5);
    expect(watch.filesWithSecretOpenToOthers).toEqual([]);
  });

  it('stands in no log and in no file but the environment file and the configuration of Redis, of which sets hold copies', async () => {
    expect(await watch.filesBelowRoot()).toEqual([world.paths.envFile, world.redis.configFile].sort());
    const log = await readFile(world.paths.logFile, 'utf8');
    expect(log).toContain('mongodb: swapping in');
  });

  it('is told as refused, without being shown, when it is wrong', async () => {
    const text = await readFile(world.paths.envFile, 'utf8');
    await writeFile(world.paths.envFile, text.replace('%23', '%24'));
    await chmod(world.paths.envFile, 0o600);
    const { code, stderr } = await world.runScript('backup.sh', ['--full']);
    await writeFile(world.paths.envFile, text);
    expect([code, stderr]).toEqual([3, expect.stringContaining('MongoDB refused the login')]);
    expect(stderr).not.toContain('%40%2F');
  });
});

describe('an account with the roles that README names', () => {
  it('takes full and incremental sets, lists what was destroyed, and brings back a collection and all', async () => {
    const [, list = ''] = /createUser\(\{ user: 'lifeboat'.*roles: \[(.*)\] \}\)/.exec(await readFile(join(project, 'README.md'), 'utf8')) ?? [];
    const roles = list.split(', ').map((role) => role.replaceAll("'", ''));
    expect(roles.length).toBeGreaterThan(0);
    await world.withMongo((client) => client.db('admin').command({ createUser: 'lifeboat', pwd: 'of-a-test', roles }));
    const text = await readFile(world.paths.envFile, 'utf8');
    await logInWith(text.replace(/:\/\/[^@]*@/, '://lifeboat:of-a-test@'));
    await ended(world, 0, 'backup.sh', ['--full']);
    await world.withMongo((client) => client.db('plugspace').collection<Row>('things').insertOne({ _id: 3 }));
    await ended(world, 0, 'backup.sh', ['--incremental']);
    await world.withMongo((client) => client.db('plugspace').collection('things').drop());
    await ended(world, 0, 'backup.sh', ['--database']);
    expect((await ended(world, 0, 'restore.sh', ['--suspects'])).stdout).toContain('dropped plugspace.things');
    const [, incremental = ''] = await setsOf(world).then((sets) => sets.slice(-3));
    await ended(world, 0, 'restore.sh', [incremental, '--collection', 'plugspace.things', '--yes']);
    expect((await ended(world, 0, 'restore.sh', [incremental, '--mongodb', '--yes'])).stderr).not.toContain('cannot log in');
    expect(await world.withMongo((client) => client.db('plugspace').collection('things').countDocuments())).toBe(3);
    await logInWith(text);
  });
});

describe('an account that was changed since the set', () => {
  it.each([
    ['whose password was another one', { updateUser: 'lifeboat', pwd: 'of-now' }, 'lifeboat', 'its password was another one then'],
    ['that there was not', { createUser: 'later', pwd: 'of-now', roles: ['root'] }, 'later', 'there was no such account then'],
  ])('%s is named by the restore, and the next backup fails with it', async (_, change, name, why) => {
    const text = await readFile(world.paths.envFile, 'utf8');
    await world.withMongo((client) => client.db('admin').command(change));
    await logInWith(text.replace(/:\/\/[^@]*@/, `://${name}:of-now@`));
    const { stderr } = await ended(world, 0, 'restore.sh', ['latest', '--mongodb', '--yes']);
    const refused = await ended(world, 3, 'backup.sh', ['--full']);
    await logInWith(text);
    expect(stderr).toMatch(new RegExp(`WARN .* admin\\.${name} of MONGODB_URI cannot log in with the password of now: ${why}\\. The next backup will fail`));
    expect(refused.stderr).toContain('MongoDB refused the login');
    expect(stderr.split('of-now')).toHaveLength(1);
  });
});

describe('an environment file that others may read', () => {
  it('is refused with the command that cures it', async () => {
    await chmod(world.paths.envFile, 0o640);
    const { code, stderr } = await world.runScript('backup.sh', ['--full']);
    await chmod(world.paths.envFile, 0o600);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`run 'chmod 600 ${world.paths.envFile}'`)]);
  });
});
