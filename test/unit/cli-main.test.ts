import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import * as load from '../../generator/load/load.ts';
import { lifeboat } from './cli-run.ts';
import { project } from './load/fixture.ts';

const COMMANDS = 'Commands: init, validate, generate, explain, diff, schema, completion. Run "npx lifeboat --help" for more.';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a command line that cannot be understood', () => {
  test.each([
    [[], `error: which command?\n  ${COMMANDS}\n`],
    [['validat'], 'error: unknown command "validat"\n  Did you mean "validate"?\n'],
    [['frobnicate'], `error: unknown command "frobnicate"\n  ${COMMANDS}\n`],
    [['validate', '--strikt'], 'error: unknown option "--strikt"\n  Did you mean "--strict"?\n'],
    [['validate', '--frobnicate=3'], 'error: unknown option "--frobnicate"\n  Run "npx lifeboat validate --help" for its options.\n'],
    [['schema', 'production'], 'error: unknown argument "production"\n  Run "npx lifeboat schema --help" for its options.\n'],
    [['generate', '--out'], 'error: --out needs a value\n  Run "npx lifeboat generate --help" for its options.\n'],
    [['explain', '--set-size'], 'error: --set-size needs a value\n  Run "npx lifeboat explain --help" for its options.\n'],
    [['init', '--format', 'toml'], /^error: invalid values:[^]*Choices: "ts", "yaml", "json"\n {2}Run "npx lifeboat init --help" for its options\.\n$/],
  ] as const)('%j exits 2', async (args, message) => {
    const { code, out, err } = await lifeboat(project({}), ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
  });
});

test('help fits on a screen, and names the exit codes', async () => {
  for (const args of [['--help'], ['init', '--help'], ['validate', '--help'], ['schema', '-h']]) {
    const { code, out } = await lifeboat(project({}), ...args);
    expect(code).toBe(0);
    expect(out.split('\n').length).toBeLessThanOrEqual(27);
    expect(out).toContain('Exit codes: 0 done, 1 something to correct, 2 wrong usage, 70 a fault of lifeboat.');
  }
});

test('a fault of ours exits 70 with its stack', async () => {
  vi.spyOn(load, 'loadProfiles').mockRejectedValue(new TypeError('boom'));
  const { code, err } = await lifeboat(project({}), 'validate');
  expect(code).toBe(70);
  expect(err).toMatch(/^TypeError: boom\n {4}at [^]*error: this is a fault of lifeboat/);
});

test('schema prints a JSON Schema', async () => {
  const { code, out } = await lifeboat(project({}), 'schema');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ title: 'lifeboat profile', type: 'object', additionalProperties: false });
});

describe('completion', () => {
  const words = async (line: readonly string[]): Promise<string[]> => {
    const directory = project({});
    const { code, out } = await lifeboat(directory, 'completion');
    expect(code).toBe(0);
    const program = `${out}\nnpx() { [[ $1 == --no-install && $2 == lifeboat ]] && node "\${PROGRAM}" "\${@:3}"; }
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _lifeboat; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p npx lifeboat`;
    const { stdout } = await promisify(execFile)('bash', ['-c', program, 'bash', ...line], { cwd: directory, env: { ...process.env, PROGRAM: fileURLToPath(new URL('../../bin/lifeboat.mjs', import.meta.url)) } });
    const lines = stdout.trim().split('\n');
    expect(lines.slice(-2)).toEqual(['npx', 'lifeboat'].map((name) => `complete -o bashdefault -o default -F _lifeboat ${name}`));
    return lines.slice(0, -2);
  };

  test.each([
    [['npx', 'li'], ['lifeboat']],
    [['npx', 'lifeboat', 'ge'], ['generate']],
    [['lifeboat', 'va'], ['validate']],
    [['npx', 'lifeboat', 'generate', '--ch'], ['--check']],
    [['npx', 'other', 'ge'], []],
  ])('of %j', async (line, expected) => {
    expect(await words(line)).toEqual(expected);
  });
});

describe('the program itself', () => {
  const start = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ stdout: string }> =>
    promisify(execFile)(process.execPath, [fileURLToPath(new URL('../../bin/lifeboat.mjs', import.meta.url)), ...args], {
      cwd: project({ 'a.yaml': 'name: 3\n' }),
      env: { PATH: process.env['PATH'], ...env },
    });

  test('prints its version', async () => {
    expect((await start(['--version'], {})).stdout).toBe('0.1.0\n');
  });

  test.each([
    [{}, false],
    [{ FORCE_COLOR: '1' }, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('with %j in the environment colour is %s', async (env, coloured) => {
    const failure: unknown = await start(['validate', 'a.yaml'], env).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1 });
    expect((failure as { stdout: string }).stdout.includes('\u001b[')).toBe(coloured);
  });
});
