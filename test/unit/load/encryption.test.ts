import { describe, expect, test } from 'vitest';
import { loadProfiles } from '../../../generator/load/load.ts';
import { project } from './fixture.ts';

const KEY = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZA==\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n';
const AGE = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const SSH = `ssh-ed25519 ${'A'.repeat(68)} admin@shop`;

async function load(backup: object, files: Readonly<Record<string, string>> = {}) {
  const profile = { name: 'production', app: { name: 'shop', domain: 'shop.example' }, backup };
  const directory = project({ 'infrastructure/profiles/production.json': JSON.stringify(profile), ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`infrastructure/profiles/${name}`, text])) });
  const { loaded, problems } = await loadProfiles([], directory);
  return { gpgKeys: loaded[0]?.gpgKeys, problems: problems.map(({ path, message }) => `${path}: ${message}`) };
}

describe('keys of GnuPG', () => {
  test('are read from beside the profile, line by line', async () => {
    const { gpgKeys, problems } = await load({ encryption: { method: 'gpg', keyFiles: ['a.asc', 'keys/b.asc'] } }, { 'a.asc': KEY, 'keys/b.asc': KEY.replaceAll('\n', '\r\n') });
    const lines = KEY.trim().split('\n');
    expect({ gpgKeys, problems }).toEqual({ gpgKeys: [...lines, ...lines], problems: [] });
  });

  test.each([
    ['no.asc', 'cannot be read'],
    ['empty.asc', 'does not hold one armored public key'],
    ['two.asc', 'does not hold one armored public key'],
    ['private.asc', 'holds a private key, which belongs neither here nor on the server'],
    ['binary.asc', 'does not hold one armored public key'],
    ['more.asc', 'holds more than an armored public key'],
  ])('%s is refused', async (name, reason) => {
    const files = {
      'empty.asc': '',
      'two.asc': KEY + KEY,
      'private.asc': KEY.replaceAll('PUBLIC', 'PRIVATE'),
      'binary.asc': '\u0099\u0001',
      'more.asc': KEY.replace('mDMEZA==', 'mDMEZA==\u0007'),
    };
    const { gpgKeys, problems } = await load({ encryption: { method: 'gpg', keyFiles: [name] } }, files);
    expect({ gpgKeys, problems }).toEqual({ gpgKeys: undefined, problems: [`backup.encryption.keyFiles[0]: "${name}" ${reason}`] });
  });

  test.each(['/etc/a.asc', '../a.asc', 'a/../b.asc', '-a.asc'])('%s does not lie beside the profile', async (name) => {
    const { problems } = await load({ encryption: { method: 'gpg', keyFiles: [name] } });
    expect(problems).toEqual([expect.stringContaining('must be a path below the directory of the profile')]);
  });
});

describe('recipients of age', () => {
  test.each([AGE, SSH, `ssh-rsa ${'B'.repeat(372)}`])('%s is one', async (recipient) => {
    expect((await load({ encryption: { method: 'age', recipients: [recipient] } })).problems).toEqual([]);
  });

  test.each([`ecdsa-sha2-nistp256 ${'A'.repeat(140)}`, AGE.slice(0, -1), AGE.toUpperCase(), 'admin@shop.example', 'age1yubikey1qwe'])('%s is none', async (recipient) => {
    expect((await load({ encryption: { method: 'age', recipients: [recipient] } })).problems).toEqual([expect.stringContaining('must be a public key of age')]);
  });

  test('a private key is refused, and not repeated', async () => {
    const { problems } = await load({ encryption: { method: 'age', recipients: [`AGE-SECRET-KEY-1${'Q'.repeat(58)}`] } });
    expect(problems).toEqual([expect.stringContaining('backup.encryption.recipients[0]: ')]);
    expect(problems.join('')).not.toContain('QQQQ');
  });
});

test('a signing key needs its public half', async () => {
  expect((await load({ signing: { publicKeys: [SSH] } })).problems).toEqual([]);
  expect((await load({ signing: { publicKeys: [] } })).problems).toEqual([expect.stringContaining('must hold the public half of the key')]);
  expect((await load({ signing: { publicKeys: ['shop'] } })).problems).toEqual([expect.stringContaining('must be a public key of SSH')]);
});
