import { cp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { capture } from '../support/tools/command.ts';
import { toolPath } from '../support/tools/ensure.ts';
import { backUp, leftHalfBuilt, restore, systemPath } from './support/script.ts';
import { seedLittle } from './support/seed.ts';
import { createWorld, type State, type World } from './support/world.ts';

let world: World;
let original: State;
let rescue: string;

beforeAll(async () => {
  world = await createWorld({ name: 'bare' });
  await seedLittle(world, 'original');
  original = await world.state();
  await backUp(world);
  // A new server has the scripts from the repository, not from its application root.
  rescue = join(world.root, 'rescue');
  await cp(join(world.paths.appRoot, 'infrastructure'), rescue, { recursive: true });
});
afterAll(() => world.close());

const healthy = async (): Promise<number> => (await fetch(`http://127.0.0.1:${world.nginx.port}/api/health`)).status;

describe('a restore does not need the servers that it restores', () => {
  beforeEach(() => seedLittle(world, 'damaged'));

  it('works with MongoDB, Redis and the application stopped', async () => {
    await Promise.all([world.mongodb.stop(), world.redis.stop(), world.app.stop()]);
    await restore(world, '--all');
    expect(await world.state()).toEqual(original);
    expect(await healthy()).toBe(200);
  });

  it('works with a data directory that is too damaged for mongod to start', async () => {
    await world.mongodb.kill();
    const files = (await readdir(world.mongodb.dataDirectory)).filter((name) => name.endsWith('.wt') || name === 'WiredTiger.turtle');
    for (const name of files) await truncate(join(world.mongodb.dataDirectory, name), 100);
    await expect(world.mongodb.start()).rejects.toThrow('did not come up');
    await restore(world, '--mongodb');
    expect((await world.state()).mongodb).toEqual(original.mongodb);
  });

  it('works with a Redis whose files are too damaged for it to start', async () => {
    await world.redis.kill();
    await writeFile(join(world.redis.dataDirectory, 'dump.rdb'), 'REDIS0010 this is no snapshot');
    await expect(world.redis.start()).rejects.toThrow('did not come up');
    await restore(world, '--redis');
    expect((await world.state()).redis).toEqual(original.redis);
  });

  it('works on a new server, where nothing is there but the programs and the sets', async () => {
    // nginx runs, as on a host where the package was just installed.
    await Promise.all([world.mongodb, world.redis, world.app].map((server) => server.stop()));
    const everything = [world.mongodb.dataDirectory, world.redis.dataDirectory, world.paths.appRoot, world.paths.letsencrypt, world.paths.pm2Home];
    const settings = [world.nginx.configDirectory, world.mongodb.configFile, dirname(world.redis.configFile), dirname(world.paths.envFile)];
    for (const path of [...everything, ...settings]) await rm(path, { recursive: true });
    const env = { PATH: toolPath(systemPath), TMPDIR: world.temporary };
    const result = await capture(join(rescue, 'backup/restore.sh'), ['latest', '--all', '--yes'], { env });
    expect([result.code, result.stderr]).toEqual([0, expect.stringContaining('DONE')]);
    expect(await world.state()).toEqual(original);
    expect(await healthy()).toBe(200);
    expect(await leftHalfBuilt(world)).toEqual([]);
  });
});
