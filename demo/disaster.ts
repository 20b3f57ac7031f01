import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MongoClient } from 'mongodb';
import type { Sandbox } from '../test/support/sandbox/sandbox.ts';
import { domain } from '../test/support/sandbox/tree.ts';

type Blow = { tells: string; strike: (sandbox: Sandbox, client: MongoClient) => Promise<unknown> };

/** The worst morning of an administrator's year. */
export const disaster: readonly Blow[] = [
  {
    tells: 'the collections users, orders and visits are dropped, half of the listings are overwritten',
    strike: async (_, client) => {
      const db = client.db('plugspace');
      for (const name of ['users', 'orders', 'visits']) await db.collection(name).drop();
      await db.collection('listings').updateMany({ id: { $mod: [2, 0] } }, { $set: { title: 'pwned' } });
      await db.command({ dropUser: 'plugspace' });
    },
  },
  { tells: 'Redis is flushed', strike: (sandbox) => sandbox.redis.cli('FLUSHALL') },
  { tells: 'all uploads are deleted', strike: ({ paths }) => rm(paths.uploads, { recursive: true }) },
  {
    tells: 'nginx.conf is damaged, the private key of the certificate is emptied',
    strike: async ({ nginx, paths }) => {
      await writeFile(join(nginx.configDirectory, 'nginx.conf'), 'events {\nserver_name oops\n');
      await truncate(join(paths.letsencrypt, 'archive', domain, 'privkey1.pem'));
    },
  },
];
