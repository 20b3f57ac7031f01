import { describe, expect, test } from 'vitest';
import * as types from '../../../generator/profile/primitives.ts';

// Text that must reach a script as a literal: all of it is allowed where a path or free text is.
const AWKWARD = ["it's", '"quoted"', '$(touch x)', '`id`', 'a;b', 'a b', '{{sh x}}', '#no', '*?[a]', 'größe', '数据', '-rf', 'a\\b', '~', '&&', '🚀'];
const BROKEN = ['a\nb', 'a\tb', 'a\rb', 'a\u0000b', 'a\u001b[31mb', 'a\u007fb', 'a\u2028b', 'a\u202eb', 'a\ud800b', '\ufeffa'];

describe.each([
  ['text', types.text, (value: string) => value],
  ['absolutePath', types.absolutePath, (value: string) => `/srv/${value}`],
  ['relativePath', types.relativePath, (value: string) => value],
])('%s', (_, type, make) => {
  test.each(AWKWARD)('allows %j', (value) => {
    expect(type.parse(make(value))).toBe(make(value));
  });

  test.each(BROKEN)('refuses %j', (value) => {
    expect(type.safeParse(make(value)).success).toBe(false);
  });
});

describe.each([
  ['absolutePath', types.absolutePath, ['/a', '/a/b.c', '/...'], ['', 'a', '/', '//a', '/a/', '/a//b', '/a/./b', '/a/../b', '/a/..', '~/a', `/${'a'.repeat(256)}`]],
  ['relativePath', types.relativePath, ['.', 'a', 'a/b', '.env'], ['', '/a', '..', './a', 'a/..', 'a//b', 'a/', 'a'.repeat(256)]],
  ['environmentName', types.environmentName, ['production', 'eu-1'], ['', 'Production', '1a', '-a', 'a_b', 'a/b', '..', 'a'.repeat(41)]],
  ['userName', types.userName, ['plugspace', '_apt', 'www-data'], ['', 'Root', '-u', '1a', 'a b', 'a:b', 'a$']],
  ['unitName', types.unitName, ['mongod', 'mongod@1.service', 'a\\x2db'], ['', '-a', 'a b', 'a;b', 'a/b']],
  ['variableName', types.variableName, ['REDIS_PASSWORD', '_X1'], ['', 'x', '1A', 'A-B', 'A=B', 'A B']],
  ['databaseName', types.databaseName, ['plugspace', 'größe', 'a_b'], ['', 'a.b', 'a b', 'a$', 'a/b', '-a', 'a"b', 'a'.repeat(64)]],
  ['replicaSetName', types.replicaSetName, ['rs0', 'my-set.1'], ['', '-rs', 'a b', 'a/b']],
  ['version', types.version, ['7.0', '6.2'], ['7', '7.0.1', 'v7.0', '']],
  ['domainName', types.domainName, ['plugspace.io', 'a.b.c'], ['', 'localhost', '-a.io', 'a..io', 'a.io/', 'a b.io', 'a_b.io', `${'a'.repeat(64)}.io`]],
  ['hostName', types.hostName, ['localhost', '127.0.0.1', '::1', 'fe80::1', 'db.internal'], ['', '-h', 'a b', 'a;b', 'a:b', 'a/b']],
  ['hostAndPort', types.hostAndPort, ['127.0.0.1:27017', 'db:1', '[::1]:65535'], ['', 'db', 'db:0', 'db:65536', 'db:99999', '-a:1', '::1:1', 'db:27017 ']],
  ['email', types.email, ['admin@plugspace.io', 'a+b@c.de'], ['', 'a', 'a@b', '-a@b.c', 'a b@c.de', 'a@b.c,d@e.f']],
  ['webAddress', types.webAddress, ['https://plugspace.io/api/health', 'http://127.0.0.1:8080'], ['', 'ftp://a', 'https://', 'https://u:p@a.io', 'https://a b', '-https://a']],
  ['timeZone', types.timeZone, ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Argentina/Buenos_Aires'], ['', 'utc+1', '+01:00', 'Mars/Olympus', 'Europe/berlin']],
])('%s', (_, type, right, wrong) => {
  test.each(right)('allows %j', (value) => {
    expect(type.parse(value)).toBe(value);
  });

  test.each(wrong)('refuses %j', (value) => {
    expect(type.safeParse(value).success).toBe(false);
  });
});

describe('a command', () => {
  test.each([[['a']], [['a', '-b', '$(c)', "d'e"]]])('allows %j', (value) => {
    expect(types.command.parse(value)).toEqual(value);
  });

  test.each([[[]], [['']], [['-a']], [['a', '']], [['a', 'b\nc']], ['a b'], [[1]]])('refuses %j', (value) => {
    expect(types.command.safeParse(value).success).toBe(false);
  });
});

describe('a port', () => {
  test.each([0, -1, 65_536, 1.5, '22', Number.NaN])('refuses %j', (value) => {
    expect(types.port.safeParse(value).success).toBe(false);
  });
});
