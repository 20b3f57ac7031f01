import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadProfiles } from '../../../generator/profile/load.ts';
import { MINIMAL, oneLine, problemsIn, project } from './fixture.ts';

const TS = (body: string): string => `import { defineProfile } from 'lifeboat';\nexport const profile = defineProfile(${body});\n`;
const MINIMAL_JSON = '{ "name": "test", "app": { "name": "shop", "domain": "shop.example.com" } }';

describe('a small profile', () => {
  test.each([
    ['a.yaml', MINIMAL],
    ['a.yml', MINIMAL],
    ['a.json', MINIMAL_JSON],
    ['a.json', `\uFEFF${MINIMAL_JSON}`],
    ['a.ts', TS("{ name: 'test', app: { name: 'shop', domain: 'shop.example.com' } }")],
  ])('in %s gets every default', async (file, content) => {
    const { loaded, problems } = await loadProfiles([file], project({ [file]: content }));
    expect(problems).toEqual([]);
    expect(loaded).toMatchObject([{ environment: 'test', file, profile: { app: { name: 'shop', include: ['.'] }, redis: { port: 6379 } } }]);
  });
});

describe('which profiles are loaded', () => {
  const files = {
    'infrastructure/profiles/production.yaml': MINIMAL.replace('test', 'production'),
    'infrastructure/profiles/staging.json': MINIMAL_JSON.replace('test', 'staging'),
    'infrastructure/profiles/README.md': 'not a profile',
  };

  test('all of them, in the order of their names, when none is named', async () => {
    const { loaded } = await loadProfiles([], project(files));
    expect(loaded.map(({ environment, file }) => [environment, file])).toEqual([
      ['production', 'infrastructure/profiles/production.yaml'],
      ['staging', 'infrastructure/profiles/staging.json'],
    ]);
  });

  test('the named ones, each once', async () => {
    const { loaded } = await loadProfiles(['staging', 'staging', 'infrastructure/profiles/staging.json'], project(files));
    expect(loaded.map(({ environment }) => environment)).toEqual(['staging']);
  });

  test('none in an empty project is an error that names init', async () => {
    await expect(loadProfiles([], project({}))).rejects.toMatchObject({
      message: 'there are no profiles in infrastructure/profiles',
      fix: 'Run "lifeboat init" to write one.',
    });
  });

  test.each([
    ['produktion', 'infrastructure/profiles/produktion : there is no profile named "produktion" | Did you mean "production"?'],
    ['xyz', 'infrastructure/profiles/xyz : there is no profile named "xyz" | Profiles here: production, staging.'],
    ['nope.yaml', 'nope.yaml : does not exist | Check the path, or run "lifeboat init" to write a profile.'],
    ['./infrastructure', 'infrastructure : is not a file | Name a profile, such as infrastructure/profiles/production.ts.'],
    [
      'infrastructure/profiles/README.md',
      'infrastructure/profiles/README.md : is not a profile by its name (it ends in ".md") | Profiles end in .ts, .yaml, .yml, .json.',
    ],
  ])('%s: %s', async (name, expected) => {
    const { problems } = await loadProfiles([name], project(files));
    expect(problems.map(oneLine)).toEqual([expected]);
  });

  test('a name with two files is ambiguous', async () => {
    const { problems } = await loadProfiles(['staging'], project({ ...files, 'infrastructure/profiles/staging.yaml': MINIMAL }));
    expect(problems.map(oneLine)).toEqual([
      'infrastructure/profiles/staging : is ambiguous: staging.json and staging.yaml both exist | Keep one of them, or give a path.',
    ]);
  });

  test('two profiles with one name are refused', async () => {
    const { problems } = await loadProfiles(['a.yaml', 'b.yaml'], project({ 'a.yaml': MINIMAL, 'b.yaml': MINIMAL }));
    expect(problems.map(oneLine)).toEqual(['b.yaml:1:1 name: "test" is also the name of a.yaml | Give each profile its own name.']);
  });
});

describe('a file that is no profile', () => {
  const CORRECT = 'Correct the text at this place.';
  const EXPORT = 'Write: export const profile = defineProfile({ ... });';

  test.each([
    ['a.yaml', '', 'a.yaml : is not a profile: it holds no fields | Write at least name, app.name and app.domain.'],
    ['a.yaml', '- 1\n', 'a.yaml : is not a profile: it holds no fields | Write at least name, app.name and app.domain.'],
    ['a.json', '"text"', 'a.json : is not a profile: it holds no fields | Write at least name, app.name and app.domain.'],
    ['a.yaml', 'name: [a\n', `a.yaml:2:1 : is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ] | ${CORRECT}`],
    ['a.yaml', 'name: a\nname: b\n', `a.yaml:2:1 : is not valid YAML: Map keys must be unique | ${CORRECT}`],
    ['a.yaml', 'a: !!js/function x\n', `a.yaml:1:4 : is not valid YAML: Unresolved tag: tag:yaml.org,2002:js/function | ${CORRECT}`],
    ['a.yaml', `${MINIMAL}redis: *nope\n`, `a.yaml:5:8 : is not valid YAML: there is no anchor "nope" before this alias | ${CORRECT}`],
    ['a.yaml', `${MINIMAL}<<: 3\n`, `a.yaml : is not valid YAML: Merge sources must be maps or map aliases | ${CORRECT}`],
    ['a.yaml', `${MINIMAL}redis: &x { service: *x }\n`, 'a.yaml : contains itself | Write the fields out where they are used.'],
    ['a.yaml', `${MINIMAL}1: x\n`, 'a.yaml:5:1 1: unknown key "1" | Known here: $schema, app, backup, extends, failover, hardening, mongodb, monitoring, name, nginx, objectives, pm2, redis, ssl, verification.'],
    ['a.json', `{ "a": ${'['.repeat(100_000)}`, `a.json:1:107 : is not valid JSON: expected at most 100 levels | ${CORRECT}`],
    ['a.ts', "const p = { name: 'x', app: {} };\np.app = p;\nexport const profile = p;\n", 'a.ts : contains itself | Write the fields out where they are used.'],
    ['a.json', '{\n  "name": "test",\n}', `a.json:3:1 : is not valid JSON: expected a key in double quotes | ${CORRECT}`],
    ['a.json', '{ "name" "test" }', `a.json:1:10 : is not valid JSON: expected ":" after the key | ${CORRECT}`],
    ['a.json', '{ "name": test }', `a.json:1:11 : is not valid JSON: expected a value | ${CORRECT}`],
    ['a.json', '{ "a": [1 2] }', `a.json:1:11 : is not valid JSON: expected "," or "]" | ${CORRECT}`],
    ['a.json', '{ "a": 1 // no\n}', `a.json:1:10 : is not valid JSON: expected "," or "}" | ${CORRECT}`],
    ['a.json', '{} {}', `a.json:1:4 : is not valid JSON: expected the end of the file | ${CORRECT}`],
    ['a.json', '', `a.json:1:1 : is not valid JSON: expected a value | ${CORRECT}`],
    ['a.json', '{ "a": 1, "a": 2 }', `a.json:1:11 : is not valid JSON: Map keys must be unique | ${CORRECT}`],
    ['a.ts', 'export const profile = { name: "x" y };\n', `a.ts:1:36 : is not valid TypeScript: Unexpected token, expected "," | ${CORRECT}`],
    ['a.ts', 'export const other = 1;\nexport const more = 2;\n', `a.ts : does not export "profile" (it exports "more", "other") | ${EXPORT}`],
    ['a.ts', 'export {};\n', `a.ts : does not export "profile" (it exports nothing) | ${EXPORT}`],
    ['a.ts', 'export const profile = 3;\n', 'a.ts : is not a profile: it holds no fields | Write at least name, app.name and app.domain.'],
    [
      'a.ts',
      "import { x } from './missing.ts';\nexport const profile = x;\n",
      "a.ts : could not be run: Cannot find module './missing.ts' | Correct the program: its imports must exist and it must not throw.",
    ],
    ['a.ts', "throw new Error('no (way)');\n", 'a.ts : could not be run: no (way) | Correct the program: its imports must exist and it must not throw.'],
  ])('%s %j', async (file, content, expected) => {
    expect(await problemsIn(file, content)).toEqual([expected]);
  });

  test('bytes that are not UTF-8', async () => {
    const directory = project({});
    writeFileSync(join(directory, 'a.yaml'), Buffer.from('name: te\xffst\n', 'latin1'));
    const { problems } = await loadProfiles(['a.yaml'], directory);
    expect(problems.map(oneLine)).toEqual(['a.yaml : is not text in UTF-8 | Save the file as UTF-8.']);
  });

  test('a syntax error does not repeat the text around it', async () => {
    const problems = await problemsIn('a.json', '{ "password" "hunter2" }');
    expect(problems.join()).not.toContain('hunter2');
  });
});

describe('extends', () => {
  test('merges fields, replaces lists and alternatives', async () => {
    const base = `${MINIMAL}mongodb: { service: { unit: mongod } }\napp2: &x {}\n`.replace('app2: &x {}\n', 'backup: { config: { paths: [/etc/a, /etc/b] } }\n');
    const content = 'extends: ./base.yaml\nname: staging\nmongodb: { service: { start: [a], stop: [b] } }\nbackup: { config: { paths: [/etc/c] } }\n';
    const { loaded, problems } = await loadProfiles(['a.yaml'], project({ 'a.yaml': content, 'base.yaml': base }));
    expect(problems).toEqual([]);
    expect(loaded[0]?.profile).toMatchObject({
      name: 'staging',
      app: { name: 'shop' },
      mongodb: { service: { start: ['a'], stop: ['b'] } },
      backup: { config: { paths: ['/etc/c'] } },
    });
    expect(loaded[0]?.profile.mongodb.service).not.toHaveProperty('unit');
  });

  test('crosses languages', async () => {
    const files = { 'a.json': '{ "extends": "./b.yaml", "name": "a" }', 'b.yaml': 'extends: ./c.ts\nname: b\n' };
    const { loaded, problems } = await loadProfiles(
      ['a.json'],
      project({ ...files, 'c.ts': TS("{ name: 'c', app: { name: 'shop', domain: 'shop.example.com' } }") }),
    );
    expect(problems).toEqual([]);
    expect(loaded[0]?.environment).toBe('a');
  });

  test('an error is reported where it stands: in the base, or in the file that overrides it', async () => {
    const base = `${MINIMAL}redis:\n  port: 0\n  hots: x\n`;
    expect(await problemsIn('a.yaml', 'extends: ./base.yaml\nname: Staging\n', { 'base.yaml': base })).toEqual([
      'a.yaml:2:1 name: must be lower-case letters, digits and "-", starting with a letter (got "Staging") | Write for example "production". Name of the environment, such as production.',
      'base.yaml:6:3 redis.port: must be at least 1 (got 0) | Write for example 22. Port of the server.',
      'base.yaml:7:3 redis.hots: unknown key "hots" | Did you mean "host"?',
    ]);
  });

  const FIX = 'Write the path of another profile, such as "./production.yaml".';
  test.each([
    ['extends: 3\n', {}, `a.yaml:1:1 extends: must be the path of a profile (got 3) | ${FIX}`],
    ['extends: production\n', {}, `a.yaml:1:1 extends: must be the path of a profile (got "production") | ${FIX}`],
    ['extends: ./a.yaml\n', {}, `a.yaml:1:1 extends: extends itself through "./a.yaml" | ${FIX}`],
    ['extends: ./b.yaml\n', { 'b.yaml': 'x: 1\nextends: ./a.yaml\n' }, `b.yaml:2:1 extends: extends itself through "./a.yaml" | ${FIX}`],
    ['extends: ./d.yaml\n', { 'd.yaml/x': '' }, 'd.yaml : cannot be read (EISDIR) | Check that the file exists and that you may read it.'],
    ['extends: ./b.yaml\n', {}, 'b.yaml : does not exist | Check that the file exists and that you may read it.'],
  ])('%j with %j', async (content, others, expected) => {
    expect(await problemsIn('a.yaml', content, others)).toEqual([expected]);
  });
});
