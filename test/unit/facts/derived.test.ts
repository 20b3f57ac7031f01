import { describe, expect, test } from 'vitest';
import { derive } from '../../../generator/facts/derived.ts';
import { profileSchema } from '../../../generator/profile/schema.ts';

const app = { name: 'shop', domain: 'shop.example.com' };

describe('values that follow from others', () => {
  test('are the paths that the documentation of the fields names', () => {
    expect(derive(profileSchema.parse({ name: 'test', app }))).toEqual({
      user: 'shop',
      home: '/home/shop',
      root: '/home/shop/shop',
      healthUrl: 'https://shop.example.com/api/health',
      backupDirectory: '/home/shop/backups',
      logFile: '/var/log/shop/backup.log',
      envFile: '/etc/shop/backup.env',
      signingKeyFile: '/etc/shop/backup-signing.key',
      ecosystemFile: '/home/shop/shop/ecosystem.config.js',
      pm2Home: '/home/shop/.pm2',
    });
  });

  test('know where root is at home', () => {
    const derived = derive(profileSchema.parse({ name: 'test', app: { ...app, user: 'root' } }));
    expect(derived).toMatchObject({ user: 'root', root: '/root/shop', backupDirectory: '/root/backups', pm2Home: '/root/.pm2' });
  });

  test('give way to what the profile states', () => {
    const stated = { ...app, user: 'www', root: '/srv/shop', healthUrl: null };
    const derived = derive(profileSchema.parse({ name: 'test', app: stated, backup: { directory: '/b' }, pm2: { home: '/p' } }));
    expect(derived).toMatchObject({ user: 'www', root: '/srv/shop', healthUrl: '', backupDirectory: '/b', pm2Home: '/p' });
  });
});
