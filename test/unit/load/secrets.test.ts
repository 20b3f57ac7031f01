import { describe, expect, test } from 'vitest';
import { findSecrets } from '../../../generator/load/secrets.ts';
import { problemsIn } from './fixture.ts';

// Put together here so that no scanner takes the samples for real ones.
const samples: readonly (readonly [string, unknown, string])[] = [
  ['uri', 'mongodb://app:hunter2@db/', 'a password inside a connection string'],
  ['uri', 'redis://:hunter2@cache:6379', 'a password inside a connection string'],
  ['notes', ['-----BEGIN OPENSSH PRIVATE', 'KEY-----'].join(' '), 'a private key'],
  ['notes', ['AKIA', 'ABCDEFGHIJKLMNOP'].join(''), 'an AWS access key'],
  ['notes', ['AGE-SECRET', 'KEY-1QQQ'].join('-'), 'an age identity'],
  ['notes', `ghp_${'a1B2'.repeat(9)}`, 'an access token'],
  ['notes', `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x`, 'an access token'],
  ['notes', `Zk9qLw3xVb8nRt2yUi5oPa7sDf1gHj4kM6`, 'a random key'],
  ['notes', '0123456789abcdef'.repeat(2), 'a random key'],
  ['endpoint', `https://shop.blob.core.windows.net/?sv=2022-11-02&${['si', 'g=a1B2c3D4e5F6'].join('')}`, 'a shared access signature'],
  ['notes', ['K00', '3', 'a1B2c3D4e'.repeat(3)].join(''), 'a Backblaze key'],
  ['notes', ['DefaultEndpointsProtocol=https;Account', 'Key=x'].join(''), 'a connection string with a key'],
  ['command', ['env', 'RCLONE_CONFIG_REMOTE_SECRET_ACCESS_KEY=x'], 'a secret of rclone'],
  ['secretAccessKey', 'x', 'a secret'],
  ['password', 'hunter2', 'a secret'],
  ['apiKey', 'x', 'a secret'],
  ['command', ['tool', '--password=hunter2'], 'a password on a command line'],
  ['command', ['tool', '--token', 'hunter2'], 'a password on a command line'],
];

describe('a secret', () => {
  test.each(samples)('in %s is found: %j', (key, value, what) => {
    expect(findSecrets({ section: { [key]: value } }).map((secret) => secret.what)).toEqual([what]);
  });

  test('is reported once, where it stands, and never repeated', async () => {
    const content = 'name: test\napp: { name: shop, domain: shop.example.com }\nmongodb:\n  uri: mongodb://app:hunter2@db/\nredis:\n  password: hunter2\n';
    const cure = 'Remove it, put it into the environment file on the server (backup.envFile), and change it where it was used.';
    const problems = await problemsIn('a.yaml', content);
    expect(problems).toEqual([
      `a.yaml:4:3 mongodb.uri: holds a password inside a connection string; secrets do not belong in a profile | ${cure}`,
      `a.yaml:6:3 redis.password: holds a secret; secrets do not belong in a profile | ${cure}`,
    ]);
    expect(problems.join()).not.toContain('hunter2');
  });

  test('in a profile that is extended is found although it is overridden', async () => {
    const base = 'mongodb:\n  uri: mongodb://app:hunter2@db/\n';
    const content = 'extends: ./base.yaml\nname: test\napp: { name: shop, domain: shop.example.com }\nmongodb: { uri: "mongodb://db/", dataDirectory: null }\n';
    expect((await problemsIn('a.yaml', content, { 'base.yaml': base }))[0]).toMatch(/^base\.yaml:2:3 mongodb\.uri: holds a password/);
  });
});

describe('what is no secret', () => {
  test.each([
    ['uri', 'mongodb://127.0.0.1:27017/?replicaSet=rs0'],
    ['uri', 'mongodb://backup@db.example.com/'],
    ['passwordVariable', 'REDIS_PASSWORD'],
    ['endpoint', 'https://s3.eu-central-003.backblazeb2.com'],
    ['keyFile', '/etc/shop/id_ed25519'],
    ['passphraseVariable', 'ENCRYPTION_KEY'],
    ['recipients', ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p']],
    ['recipients', ['0123456789ABCDEF0123456789ABCDEF01234567']],
    ['root', '/home/plugspace/plugspace/with/a/rather/long/path/to/the/Application2'],
    ['schedule', '0 */6 * * *'],
    ['name', 'a-rather-long-name-of-an-environment-xx'],
    ['command', ['tool', '--token', '--verbose']],
  ])('%s: %j', (key, value) => {
    expect(findSecrets({ section: { [key]: value } })).toEqual([]);
  });
});
