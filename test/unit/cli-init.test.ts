import * as prompts from '@clack/prompts';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lifeboat } from './cli-run.ts';
import { project } from './load/fixture.ts';

vi.mock('@clack/prompts', async (original) => ({
  ...(await original<typeof prompts>()),
  intro: vi.fn(),
  outro: vi.fn(),
  cancel: vi.fn(),
  text: vi.fn(),
  confirm: vi.fn(),
  select: vi.fn(),
}));

function terminal(isTTY: boolean): void {
  Object.defineProperty(process.stdin, 'isTTY', { value: isTTY, configurable: true });
  Object.defineProperty(process.stdout, 'isTTY', { value: isTTY, configurable: true });
}

const ANSWERS = ['--app', 'shop', '--domain', 'shop.example.com'];

beforeEach(() => {
  terminal(false);
});

afterEach(() => {
  vi.resetAllMocks();
});

describe('init with options', () => {
  test.each(['ts', 'yaml', 'json'])('writes a %s profile that validates', async (format) => {
    const directory = project({});
    const { code, out } = await lifeboat(directory, 'init', 'production', ...ANSWERS, '--format', format);
    expect({ code, out }).toEqual({ code: 0, out: `Wrote infrastructure/profiles/production.${format}\nBackups will not be encrypted: make a key with "age-keygen", and write its public half into backup.encryption.\nNext: npx lifeboat validate production\n` });
    expect((await lifeboat(directory, 'validate', 'production', '--json')).code).toBe(0);
  });

  test('points editors to a schema that is beside the profiles', async () => {
    const directory = project({});
    await lifeboat(directory, 'init', 'one', ...ANSWERS, '--format', 'yaml');
    await lifeboat(directory, 'init', 'two', ...ANSWERS, '--format', 'json');
    const read = (path: string): string => readFileSync(join(directory, 'infrastructure', path), 'utf8');
    expect(read('profiles/one.yaml')).toMatch(/^# yaml-language-server: \$schema=\.\.\/profile\.schema\.json\n/);
    expect(JSON.parse(read('profiles/two.json'))).toMatchObject({ $schema: '../profile.schema.json', name: 'two' });
    expect(JSON.parse(read('profile.schema.json'))).toMatchObject({ title: 'lifeboat profile' });
  });

  test('takes every answer', async () => {
    const directory = project({});
    const rest = ['--user', 'www', '--root', "/srv/it's here", '--no-mongodb', '--no-redis'];
    expect((await lifeboat(directory, 'init', 'eu-1', ...ANSWERS, ...rest)).code).toBe(0);
    const text = readFileSync(join(directory, 'infrastructure/profiles/eu-1.ts'), 'utf8');
    expect(text).toContain("name: 'eu-1',");
    expect(text).toContain("user: 'www',\n    root: '/srv/it\\'s here',");
    expect(text).toContain('mongodb: {\n    enabled: false,\n  },\n  redis: {\n    enabled: false,\n  },');
    expect((await lifeboat(directory, 'validate', '--json')).code).toBe(0);
  });

  test('encrypts to a public key', async () => {
    const directory = project({});
    const key = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
    const { code, out } = await lifeboat(directory, 'init', 'production', ...ANSWERS, '--recipient', key);
    expect({ code, out }).toEqual({ code: 0, out: 'Wrote infrastructure/profiles/production.ts\nNext: npx lifeboat validate production\n' });
    expect(readFileSync(join(directory, 'infrastructure/profiles/production.ts'), 'utf8')).toContain(`method: 'age',\n      recipients: ['${key}'],`);
    const refused = await lifeboat(directory, 'init', 'other', ...ANSWERS, '--recipient', 'AGE-SECRET-KEY-1');
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('--recipient must be a public key of age')]);
    expect(refused.err).not.toContain('SECRET');
  });

  test('--yes takes defaults, and says which one must be changed', async () => {
    const directory = project({ 'My Shop/README.md': '' });
    const { code, out } = await lifeboat(join(directory, 'My Shop'), 'init', '--yes');
    expect({ code, out }).toEqual({
      code: 0,
      out: 'Wrote infrastructure/profiles/production.ts\napp.domain is my-shop.example.com: write your own there.\nBackups will not be encrypted: make a key with "age-keygen", and write its public half into backup.encryption.\nNext: npx lifeboat validate production\n',
    });
  });

  test.each([
    [[], 'error: there is no terminal to ask on, and --app and --domain are not given\n  Give --app and --domain, or --yes to take defaults.\n'],
    [['--app', 'shop'], 'error: there is no terminal to ask on, and --domain is not given\n  Give --domain, or --yes to take defaults.\n'],
    [
      [...ANSWERS, '--user', 'Root'],
      'error: --user must be a Unix user name (got "Root")\n  Run "npx lifeboat init --help" for the options.\n',
    ],
    [
      ['../x', '--yes'],
      'error: environment must be lower-case letters, digits and "-", starting with a letter (got "../x")\n  Run "npx lifeboat init --help" for the options.\n',
    ],
  ])('%j without a terminal is refused', async (args, message) => {
    const directory = project({});
    const { code, err } = await lifeboat(directory, 'init', ...args);
    expect({ code, err }).toEqual({ code: 2, err: message });
    expect(existsSync(join(directory, 'infrastructure'))).toBe(false);
  });

  test('never overwrites a profile, in whatever language it is', async () => {
    const directory = project({ 'infrastructure/profiles/production.yaml': 'mine' });
    const { code, err } = await lifeboat(directory, 'init', '--yes');
    expect({ code, err }).toEqual({
      code: 1,
      err: 'error: infrastructure/profiles/production.yaml exists already; nothing was written\n  Edit it, remove it, or give another name: npx lifeboat init <name>.\n',
    });
    expect(readFileSync(join(directory, 'infrastructure/profiles/production.yaml'), 'utf8')).toBe('mine');
    expect(existsSync(join(directory, 'infrastructure/profiles/production.ts'))).toBe(false);
  });
});

describe('init on a terminal', () => {
  beforeEach(() => {
    terminal(true);
  });

  test('asks what no option settles, offering defaults', async () => {
    vi.mocked(prompts.text).mockImplementation(({ initialValue = '' }) => Promise.resolve(initialValue));
    vi.mocked(prompts.confirm).mockResolvedValue(false);
    vi.mocked(prompts.select).mockResolvedValue('yaml');
    const directory = project({});
    const { code } = await lifeboat(directory, 'init', '--app', 'shop');
    expect(code).toBe(0);
    expect(vi.mocked(prompts.text).mock.calls.map(([{ message, initialValue }]) => [message, initialValue])).toEqual([
      ['Name of the environment?', 'production'],
      ['Its public domain?', 'shop.example.com'],
      ['Unix user that owns it?', 'shop'],
      ['Directory that it is in?', '/home/shop/shop'],
      [expect.stringMatching(/^Public key of age that opens the backups\?/), ''],
    ]);
    const validate = vi.mocked(prompts.text).mock.calls[0]?.[0].validate;
    expect(typeof validate === 'function' ? [validate('Prod'), validate('prod')] : []).toEqual([
      'must be lower-case letters, digits and "-", starting with a letter',
      undefined,
    ]);
    expect(readFileSync(join(directory, 'infrastructure/profiles/production.yaml'), 'utf8')).toContain('mongodb:\n  enabled: false\n');
  });

  test('a cancelled question writes nothing', async () => {
    vi.mocked(prompts.text).mockResolvedValue('');
    vi.spyOn(prompts, 'isCancel').mockReturnValue(true);
    const directory = project({});
    const { code, err } = await lifeboat(directory, 'init');
    expect({ code, err }).toEqual({ code: 1, err: 'error: init was cancelled\n' });
    expect(existsSync(join(directory, 'infrastructure'))).toBe(false);
  });
});
