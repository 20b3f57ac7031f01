import { describe, expect, test } from 'vitest';
import { MINIMAL, problemsIn } from './fixture.ts';

const at = (rest: string): string => `${MINIMAL}${rest}`;

describe('one mistake in a profile', () => {
  test.each([
    ['backupp: {}\n', 'a.yaml:5:1 backupp: unknown key "backupp" | Did you mean "backup"?'],
    [
      'ssl:\n  wholly_other: 1\n',
      'a.yaml:6:3 ssl.wholly_other: unknown key "wholly_other" | Known here: directory, email, enabled.',
    ],
    [
      'backup:\n  types:\n    full:\n      retenton: 4w\n',
      'a.yaml:8:7 backup.types.full.retenton: unknown key "retenton" | Did you mean "retention"?',
    ],
    [
      'backup:\n  types:\n    full:\n      retention: 4 weeks\n',
      'a.yaml:8:7 backup.types.full.retention: must be a duration: a whole number and one of s, m, h, d, w (got "4 weeks") | Write for example "4w". How long a set is kept.',
    ],
    [
      'backup:\n  types:\n    full:\n      retention: 30\n',
      'a.yaml:8:7 backup.types.full.retention: must be text (got 30) | Write for example "4w". How long a set is kept.',
    ],
    ['redis: { enabled: "yes" }\n', 'a.yaml:5:10 redis.enabled: must be true or false (got "yes") | Write for example true. Back up Redis.'],
    // "port" is no misspelt "root": a hint that is wrong is worse than the list.
    ['nginx: { port: 3 }\n', 'a.yaml:5:10 nginx.port: unknown key "port" | Known here: configDirectory, enabled, service, testCommand.'],
    ['redis: 3\n', 'a.yaml:5:1 redis: must be a group of fields (got 3) | Write for example {}. Redis.'],
    ['redis: [1]\n', 'a.yaml:5:1 redis: must be a group of fields (got a list) | Write for example {}. Redis.'],
    ['redis: { port: 63.5 }\n', 'a.yaml:5:10 redis.port: must be a whole number (got 63.5) | Write for example 6379. Port of the server.'],
    [
      'mongodb: { oplogSize: 10 GB }\n',
      'a.yaml:5:12 mongodb.oplogSize: must be a size: a whole number and one of B, KB, MB, GB, TB, KiB, MiB, GiB, TiB (got "10 GB") | Write for example "10GB". Maximum size of the oplog.',
    ],
    [
      'mongodb: { service: { unt: mongod } }\n',
      'a.yaml:5:12 mongodb.service.unit: is required | Write for example "mongod". systemd unit.\na.yaml:5:23 mongodb.service.unt: unknown key "unt" | Did you mean "unit"?',
    ],
    [
      'mongodb: { service: { start: [], stop: [-x] } }\n',
      'a.yaml:5:23 mongodb.service.start[0]: is required | Correct the value.\na.yaml:5:41 mongodb.service.stop[0]: must be a program, not an option (got "-x") | Correct the value.',
    ],
    [
      'failover: { dnsProvider: rout53 }\n',
      'a.yaml:5:13 failover.dnsProvider: must be "manual", "cloudflare" or "route53" (got "rout53") | Did you mean "route53"?',
    ],
    [
      'backup: { encryption: { method: agee } }\n',
      'a.yaml:5:25 backup.encryption.method: must be "none", "age", "gpg" or "symmetric" (got "agee") | Did you mean "age"?',
    ],
    [
      'backup:\n  remotes:\n    - { kind: s3, name: r, buckt: x }\n',
      'a.yaml:7:7 backup.remotes[0].bucket: is required | Write for example "plugspace-backups". Bucket.\na.yaml:7:28 backup.remotes[0].buckt: unknown key "buckt" | Did you mean "bucket"?',
    ],
    [
      'backup:\n  remotes:\n    - { name: r }\n',
      'a.yaml:7:7 backup.remotes[0].kind: is required | Write "s3", "gcs", "b2", "azure", "sftp" or "directory".',
    ],
    [
      'backup: { directory: backups }\n',
      'a.yaml:5:11 backup.directory: must be an absolute path (got "backups") | Write for example "/home/plugspace/backups". Where sets are stored; default: /home/<app.user>/backups.',
    ],
    [
      'backup: { timeZone: Mars/Olympus }\n',
      'a.yaml:5:11 backup.timeZone: must be a time zone name (got "Mars/Olympus") | Write for example "UTC". Time zone of the schedules; any but UTC takes systemd.',
    ],
  ])('%j', async (rest, expected) => {
    expect((await problemsIn('a.yaml', at(rest))).join('\n')).toBe(expected);
  });

  test('a field that belongs elsewhere is no misspelt neighbour', async () => {
    expect(await problemsIn('a.yaml', 'name: test\napp: { name: shop, domain: shop.example.com, port: 3000 }\n')).toEqual([
      'a.yaml:2:46 app.port: unknown key "port" | Known here: domain, exclude, healthUrl, include, name, root, user.',
    ]);
  });

  test('a percent sign that stands for nothing in mongodb.uri is an error, and no fault', async () => {
    for (const uri of ['mongodb://%/?replicaSet=rs0', 'mongodb://h%ff/', 'mongodb://u@h/?x=100%']) {
      expect(await problemsIn('a.yaml', at(`mongodb: { uri: "${uri}" }\n`))).toEqual([
        `a.yaml:5:12 mongodb.uri: holds a "%" that two hex digits must follow: write "%25" for the sign itself (got "${uri}") | Write for example "mongodb://127.0.0.1:27017/?replicaSet=rs0". Connection string without a password; where a login is needed, MONGODB_URI in the environment file overrides it.`,
      ]);
    }
  });

  test('a missing section is reported for the file', async () => {
    expect(await problemsIn('a.yaml', 'name: test\n')).toEqual(['a.yaml app: is required | The application.']);
  });

  test('a missing field is reported at the group that lacks it', async () => {
    expect(await problemsIn('a.yaml', 'name: test\napp:\n  name: shop\n')).toEqual([
      'a.yaml:2:1 app.domain: is required | Write for example "plugspace.io". Public domain of the application.',
    ]);
  });
});

test('all mistakes are reported at once, in the order of the file', async () => {
  const content = 'nam: test\napp:\n  name: Shop\n  domain: localhost\nredis:\n  port: 70000\n';
  const places = (await problemsIn('a.yaml', content)).map((text) => text.slice(0, text.indexOf(':', 10)));
  expect(places).toEqual(['a.yaml name', 'a.yaml:1:1 nam', 'a.yaml:3:3 app.name', 'a.yaml:4:3 app.domain', 'a.yaml:6:3 redis.port']);
});

describe('places in a JSON profile', () => {
  test('are those of the keys', async () => {
    const content = '{\n  "name": "test",\n  "app": {\n    "name": "shop",\n    "domain": "shop.example.com",\n    "usr": "x"\n  }\n}\n';
    expect(await problemsIn('a.json', content)).toEqual(['a.json:6:5 app.usr: unknown key "usr" | Did you mean "user"?']);
  });
});

describe('places in a TypeScript profile', () => {
  const profile = (body: string): string =>
    `import { defineProfile } from 'lifeboat';\n\n// profile = { redis: { port: 1 } }\nexport const profile = defineProfile({\n${body}});\n`;

  test('are found by name, at the right depth', async () => {
    const content = profile(
      "  name: 'test',\n  app: { name: 'shop', domain: 'shop.example.com' },\n  monitoring: { job: 'port' },\n  'redis': {\n    service: { unit: 'x' },\n    port: 0 as never,\n  },\n",
    );
    expect(await problemsIn('a.ts', content)).toEqual(['a.ts:10:5 redis.port: must be at least 1 (got 0) | Write for example 6379. Port of the server.']);
  });

  test('are those of the enclosing field when a value is computed', async () => {
    const content = profile("  name: 'test',\n  app: { name: 'shop', domain: 'shop.example.com' },\n  redis: Object.fromEntries([['port', 0]]),\n");
    expect(await problemsIn('a.ts', content)).toEqual(['a.ts:7:3 redis.port: must be at least 1 (got 0) | Write for example 6379. Port of the server.']);
  });
});
