import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MongoClient } from 'mongodb';
import { capture } from '../tools/command.ts';
import { startReplicaSet, startStandalone } from './mongodb.ts';
import { startMongosDouble } from './mongos.ts';
import { startRedis } from './redis.ts';
import { answersOn, installService, programPath } from './service.ts';

let root: string;

beforeEach(async () => { root = await mkdtemp(join(tmpdir(), 'lifeboat-servers-')); });
afterEach(() => rm(root, { recursive: true, force: true }));

describe('a service command', () => {
  it('gives the server no descriptor of its caller', async () => {
    const redis = await startRedis({ dir: root });
    await redis.stop();
    const held = await capture('bash', ['-c', 'exec 9>"$1/lock" 7<"$1"; flock 9; "$2" start', 'bash', root, redis.command]);
    expect(held).toMatchObject({ code: 0 });
    const pid = await redis.pid();
    const open = await Promise.all((await readdir(`/proc/${String(pid)}/fd`)).map((fd) => readlink(`/proc/${String(pid)}/fd/${fd}`)));
    expect(open.filter((target) => target === join(root, 'lock') || target === root)).toEqual([]);
    expect(await capture('flock', ['--nonblock', join(root, 'lock'), 'true'])).toMatchObject({ code: 0 });
    await redis.stop();
  });

  it('is content when there is nothing to do', async () => {
    const redis = await startRedis({ dir: root });
    const pid = await redis.pid();
    await redis.start();
    expect(await redis.pid()).toBe(pid);
    await redis.stop();
    await redis.stop();
    expect(await redis.pid()).toBeUndefined();
  });

  it('fails when the server does not come up, and says where to read why', async () => {
    const mongodb = await startReplicaSet({ dir: root });
    await mongodb.stop();
    await writeFile(mongodb.configFile, 'storage: { dbPath: /nowhere/at/all }\n');
    await expect(mongodb.start()).rejects.toThrow(`mongodb did not come up; the end of ${mongodb.outputFile}:`);
    expect(await readFile(mongodb.outputFile, 'utf8')).toContain('Data directory /nowhere/at/all not found');
    expect(await mongodb.pid()).toBeUndefined();
  });

  it('does not take a stranger for its server', async () => {
    const redis = await startRedis({ dir: root });
    await redis.stop();
    await writeFile(join(root, 'run/redis.pid'), `${process.pid}\n`);
    expect(await redis.pid()).toBeUndefined();
    await redis.stop();
  });

  it('quotes what it is given', async () => {
    const odd = await mkdtemp(join(root, `it's $(touch x) & `));
    const service = await installService(odd, { name: 'sleeper', command: ['sleep', '60'], directory: 'run', ready: 'true' });
    await service.start();
    expect(await service.pid()).toBeGreaterThan(1);
    await service.kill();
    expect(await service.pid()).toBeUndefined();
    expect(answersOn(1)).toContain('/dev/tcp/127.0.0.1/1');
  });
});

describe('servers', () => {
  it('are a replica set with a login, or a standalone', async () => {
    const auth = { user: 'admin', password: `p#:@/%"' x` };
    const member = await startReplicaSet({ dir: root, auth });
    const client = await MongoClient.connect(member.uri);
    expect(await client.db('admin').command({ hello: 1 })).toMatchObject({ setName: 'rs0', isWritablePrimary: true });
    await client.close();
    await member.stop();
    const alone = await startStandalone({ dir: await mkdtemp(join(root, 'alone-')) });
    const other = await MongoClient.connect(alone.uri);
    expect(await other.db('admin').command({ hello: 1 })).not.toHaveProperty('setName');
    await other.close();
    await alone.stop();
  });

  it('include a double of mongos that a driver and the shell take for one', async () => {
    const double = await startMongosDouble();
    const client = await MongoClient.connect(double.uri);
    expect(await client.db('admin').command({ hello: 1 })).toMatchObject({ msg: 'isdbgrid' });
    await expect(client.db('admin').command({ listDatabases: 1 })).rejects.toThrow("no such command: 'listDatabases'");
    await client.close();
    const shell = await capture(await programPath('mongosh'), ['--quiet', '--norc', double.uri, '--eval', 'print(db.hello().msg)'], { env: { ...process.env, HOME: root } });
    expect(shell).toMatchObject({ code: 0, stdout: 'isdbgrid\n' });
    await double.stop();
  });

  it('end when the process that started them is killed', async () => {
    const program = join(root, 'starter.mjs');
    const support = join(import.meta.dirname, '..');
    await writeFile(program, [
      `import { load } from ${JSON.stringify(join(support, 'bootstrap.mjs'))};`,
      `const { startRedis } = await load('test/support/servers/redis.ts');`,
      `const redis = await startRedis({ dir: ${JSON.stringify(join(root, 'lost'))} });`,
      `console.log(await redis.pid());`,
      'setInterval(() => {}, 1000);',
    ].join('\n'));
    const starter = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = Number(await new Promise<Buffer>((resolve) => starter.stdout.once('data', resolve)));
    expect(await readFile(`/proc/${pid}/comm`, 'utf8')).toBe('redis-server\n');
    starter.kill('SIGKILL');
    for (let tries = 0; tries < 1200 && (await running(pid)); tries += 1) await sleep(50);
    expect(await running(pid)).toBe(false);
  });
});

/** A process that has ended but was not yet buried by its parent has no directory any more. */
const running = (pid: number): Promise<boolean> => readlink(`/proc/${pid}/cwd`).then(() => true, () => false);
