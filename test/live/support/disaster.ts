import { appendFile, chmod, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from './world.ts';

/** All data and settings gone, altered, or replaced by something else. The servers go on running. */
export async function loseEverything(world: World): Promise<void> {
  await loseDatabases(world);
  await world.withRedis(async (redis) => {
    await redis.call('FLUSHALL');
    await redis.call('FUNCTION', 'FLUSH');
    await redis.call('SET', 'text', 'not what it was');
  });
  await loseFiles(world);
  await damageConfiguration(world);
}

export async function loseDatabases({ withMongo }: World): Promise<void> {
  await withMongo(async (client) => {
    const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
    for (const { name } of databases) {
      if (['admin', 'config', 'local'].includes(name)) continue;
      await client.db(name).command({ dropAllUsersFromDatabase: 1 });
      await client.db(name).command({ dropAllRolesFromDatabase: 1 });
      await client.db(name).dropDatabase();
    }
    await client.db('admin').command({ dropAllUsersFromDatabase: 1 });
    await client.db('admin').command({ dropAllRolesFromDatabase: 1 });
    await client.db('ransom').collection('note').insertOne({ pay: 'up' });
  });
}

async function loseFiles({ paths }: World): Promise<void> {
  await rm(join(paths.uploads, '2026'), { recursive: true });
  await rm(join(paths.uploads, 'fixture/names'), { recursive: true });
  await rm(join(paths.uploads, 'latest'));
  await symlink('/nowhere', join(paths.uploads, 'latest'));
  await writeFile(join(paths.uploads, 'fixture/links/one'), 'all three names changed');
  await chmod(join(paths.uploads, 'fixture/modes/640'), 0o777);
  await writeFile(join(paths.appRoot, 'a file that came later'), 'x');
  await appendFile(join(paths.appRoot, 'server.mjs'), '// changed\n');
}

async function damageConfiguration({ paths, nginx, mongodb, redis }: World): Promise<void> {
  await truncate(join(nginx.configDirectory, 'nginx.conf'), 40);
  await rm(join(nginx.configDirectory, 'sites-enabled'), { recursive: true });
  await appendFile(mongodb.configFile, '# changed\n');
  await appendFile(redis.configFile, '# changed\n');
  await rm(join(paths.pm2Home, 'dump.pm2'));
  await appendFile(join(paths.appRoot, '.env'), '# changed\n');
  await rm(join(paths.appRoot, 'ecosystem.config.cjs'));
  await rm(paths.envFile);
  await writeFile(join(paths.certificates, '../../archive/plugspace.test/privkey1.pem'), 'not a key');
  await rm(join(paths.certificates, 'cert.pem'));
}
