import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisFingerprint } from '../support/fixtures/redis-fingerprint.ts';
import { fingerprintRedis } from '../support/fixtures/redis-fingerprint.ts';
import { seedRedis } from '../support/fixtures/redis-seed.ts';
import { manifestOf } from './support/manifest.ts';
import { backUp, restore, succeed } from './support/script.ts';
import { createWorld, type World } from './support/world.ts';

const nasty = `p#:@/%"' $(x)\\`;

describe.each([
  ['with an append-only file and a password', { aof: true, password: nasty }, 20],
  ['with snapshots only, over a Unix socket with a password', { aof: false, password: nasty, socket: true }, 0],
  ['with an append-only file over a Unix socket', { aof: true, socket: true }, 0],
] as const)('Redis %s', (_, options, secondsToLive) => {
  let world: World;
  let original: RedisFingerprint;
  let damaged: RedisFingerprint;
  let expired: number;
  const state = (): Promise<RedisFingerprint> => world.withRedis(fingerprintRedis);

  beforeAll(async () => {
    world = await createWorld({ name: 'redis', redis: options });
    await world.withRedis(seedRedis);
    original = await state();
    // A key whose time runs out between the backup and the restore; waiting for that once is enough. A slow machine needs more of it.
    for (const seconds of [secondsToLive, 3 * secondsToLive, 15 * secondsToLive]) {
      expired = Date.now() + 1000 * seconds;
      if (seconds > 0) await world.withRedis((redis) => redis.call('SET', 'soon', 'x', 'PXAT', expired));
      await backUp(world);
      if (seconds === 0 || Date.now() < expired) break;
    }
    await world.withRedis(async (redis) => {
      await redis.call('FLUSHALL');
      await redis.call('FUNCTION', 'FLUSH');
      await redis.call('SET', 'text', 'not what it was');
    });
    damaged = await state();
  });
  afterAll(() => world.close());

  it('has every key counted in the manifest, one that is about to expire included', async () => {
    const keys = Object.values(original.databases).reduce((sum, database) => sum + Object.keys(database).length, 0);
    const { details } = (await manifestOf(world)).components['redis'] ?? {};
    expect(details).toMatchObject({ keys: keys + (secondsToLive > 0 ? 1 : 0), configuration: { appendonly: options.aof ? 'yes' : 'no' } });
  });

  it('comes back equal, without what has expired since', async () => {
    await sleep(Math.max(0, expired + 100 - Date.now()));
    await restore(world, '--redis');
    expect(await state()).toEqual(original);
  });

  it('still has everything after its next restart', async () => {
    await world.redis.stop();
    await world.redis.start();
    expect(await state()).toEqual(original);
    const files = await readdir(world.redis.dataDirectory);
    // Both are built: which one the server reads is decided by its configuration at the start.
    expect(files).toEqual(expect.arrayContaining(['appendonlydir', 'dump.rdb']));
  });

  it('goes back to the damaged state with --undo', async () => {
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    expect(await state()).toEqual(damaged);
    await succeed(world, 'restore.sh', ['--forget', '--yes']);
    expect((await readdir(join(world.redis.dataDirectory, '..'))).filter((name) => name.includes('lifeboat'))).toEqual([]);
  });
});
