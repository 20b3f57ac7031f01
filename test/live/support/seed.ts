import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Row } from '../../support/fixtures/mongo-seed-indexes.ts';
import { seedMongo } from '../../support/fixtures/mongo-seed.ts';
import { seedRedis } from '../../support/fixtures/redis-seed.ts';
import { seedTree } from '../../support/fixtures/tree-seed.ts';
import type { World } from './world.ts';

/** Everything that the fixtures know: what a backup has to bring back, and what copies get wrong. */
export async function seedEverything(world: World): Promise<void> {
  await world.withMongo((client) => seedMongo(client));
  await world.withRedis(seedRedis);
  await seedTree(join(world.paths.uploads, 'fixture'));
  const snippet = join(world.nginx.configDirectory, 'snippets/private.conf');
  await writeFile(snippet, '# for root alone\n');
  await chmod(snippet, 0o600);
}

/** A few values in each component, for tests of what happens to them as a whole: cheap to build and to compare. */
export async function seedLittle(world: World, value: string): Promise<void> {
  await world.withMongo(async (client) => {
    const things = client.db('plugspace').collection<Row>('things');
    await things.deleteMany({});
    await things.insertMany([1, 2, 3].map((number) => ({ _id: number, value })));
  });
  await world.withRedis((redis) => redis.call('SET', 'value', value));
  await mkdir(world.paths.uploads, { recursive: true });
  await writeFile(join(world.paths.uploads, 'value.txt'), value);
  await writeFile(join(world.nginx.configDirectory, 'snippets/value.conf'), `# ${value}\n`);
  await writeFile(join(world.paths.letsencrypt, 'renewal/value.conf'), value);
}
