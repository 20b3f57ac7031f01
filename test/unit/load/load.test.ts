import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadProfiles } from '../../../generator/load/load.ts';
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
      fix: 'Run "npx lifeboat init" to write one.',
    });
  });

  test.each([
    ['produktion', 'infrastructure/profiles/produktion : there is no profile named "produktion" | Did you mean "production"?'],
    ['xyz', 'infrastructure/profiles/xyz : there is no profile named "xyz" | Profiles here: production, staging.'],
    ['nope.yaml', 'nope.yaml : does not exist | Check the path, or run "npx lifeboat init" to write a profile.'],
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
  const LOOK = 'Look at the lines before line 2 too: a quote, a bracket or a ":" may be missing there, or the indentation differs.';
  const TWICE = 'Remove one of the two, or put their fields together.';
  const VALUE = 'Put texts into double quotes; numbers, true, false and null stand without.';
  const COMMA = 'Separate what follows by a comma; JSON takes no comments.';
  const WHOLE = 'Write the fields out where they are used.';
  const EXPORT = 'Write: export const profile = defineProfile({ ... });';

  test.each([
    ['a.yaml', '', 'a.yaml : is not a profile: it holds no fields | Write at least name, app.name and app.domain.'],
    ['a.yaml', '- 1\n', 'a.yaml : is not a profile: it holds no fields | Write at least name, app.name and app.domain.'],
    ['a.json', '"text"', 'a.json : is not a profile: it holds no fields | Write at least name, app.name and app.domain.'],
    ['a.yaml', 'name: [a\n', `a.yaml:2:1 : is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ] | ${LOOK}`],
    ['a.yaml', 'name: a\nname: b\n', `a.yaml:2:1 : is not valid YAML: the key "name" stands twice, for the first time in line 1 | ${TWICE}`],
    [
      'a.yaml',
      'name: test\napp:\n\tname: shop\n  domain: shop.example.com\n',
      'a.yaml:3:1 : is not valid YAML: a tab stands at the beginning of the line, where YAML takes spaces alone | Put two spaces in its place, in this line and in those like it.',
    ],
    ['a.yaml', 'a: !!js/function x\n', `a.yaml:1:4 : is not valid YAML: Unresolved tag: tag:yaml.org,2002:js/function | Remove the tag, the word that begins with "!".`],
    ['a.yaml', `${MINIMAL}redis: *nope\n`, `a.yaml:5:8 : is not valid YAML: there is no anchor "nope" before this alias | Write "&nope" before the value that is meant, further up, or write the value here.`],
    ['a.yaml', `${MINIMAL}<<: 3\n`, `a.yaml : is not valid YAML: Merge sources must be maps or map aliases | ${WHOLE}`],
    ['a.yaml', `${MINIMAL}redis: &x { service: *x }\n`, 'a.yaml : contains itself | Write the fields out where they are used.'],
    ['a.yaml', `${MINIMAL}1: x\n`, 'a.yaml:5:1 1: unknown key "1" | Known here: $schema, app, backup, extends, failover, hardening, mongodb, monitoring, name, nginx, objectives, pm2, redis, ssl, verification.'],
    ['a.json', `{ "a": ${'['.repeat(100_000)}`, `a.json:1:107 : is not valid JSON: expected at most 100 levels | Remove brackets: a profile needs few.`],
    ['a.ts', "const p = { name: 'x', app: {} };\np.app = p;\nexport const profile = p;\n", 'a.ts : contains itself | Write the fields out where they are used.'],
    ['a.json', '{\n  "name": "test",\n}', `a.json:3:1 : is not valid JSON: expected a key in double quotes | Put the key into double quotes, and no comma after the last field.`],
    ['a.json', '{ "name" "test" }', `a.json:1:10 : is not valid JSON: expected ":" after the key | Write ":" between a key and its value.`],
    ['a.json', '{ "name": test }', `a.json:1:11 : is not valid JSON: expected a value | ${VALUE}`],
    ['a.json', '{ "a": [1 2] }', `a.json:1:11 : is not valid JSON: expected "," or "]" | ${COMMA}`],
    ['a.json', '{ "a": 1 // no\n}', `a.json:1:10 : is not valid JSON: expected "," or "}" | ${COMMA}`],
    ['a.json', '{} {}', `a.json:1:4 : is not valid JSON: expected the end of the file | Remove what follows the last bracket.`],
    ['a.json', '', `a.json:1:1 : is not valid JSON: expected a value | ${VALUE}`],
    ['a.json', '{ "a": 1, "a": 2 }', `a.json:1:11 : is not valid JSON: the key "a" stands twice, for the first time in line 1 | ${TWICE}`],
    ['a.ts', 'export const profile = { name: "x" y };\n', `a.ts:1:36 : is not valid TypeScript: Unexpected token, expected "," | A comma, a quote or a bracket may be missing here or just before; an editor marks it.`],
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

  test('every key that stands twice is told, with its name and its first line', async () => {
    expect(await problemsIn('a.yaml', 'name: p\napp:\n  name: a\n  domain: b.c\n  name: x\nname: q\n')).toEqual([
      `a.yaml:5:3 : is not valid YAML: the key "name" stands twice, for the first time in line 3 | ${TWICE}`,
      `a.yaml:6:1 : is not valid YAML: the key "name" stands twice, for the first time in line 1 | ${TWICE}`,
    ]);
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

describe('what a profile says beside its fields', () => {
  test('a file that is called otherwise than its environment is told', async () => {
    const { loaded, problems } = await loadProfiles(['prod'], project({ 'infrastructure/profiles/prod.yaml': MINIMAL }));
    expect(loaded.map(({ environment }) => environment)).toEqual(['test']);
    expect(problems.map(({ severity }) => severity)).toEqual(['warning']);
    expect(problems.map(oneLine)).toEqual([
      'infrastructure/profiles/prod.yaml:1:1 name: is "test", but the file is called "prod": commands take prod, and what they write is called test | Write "prod", or rename the file to test.yaml.',
    ]);
  });

  const JSON_PROFILE = '{ "$schema": "../profile.schema.json", "name": "test", "app": { "name": "shop", "domain": "shop.example.com" } }';
  test.each([
    ['infrastructure/profiles/test.json', JSON_PROFILE, 'infrastructure/profiles/test.json:1:3 $schema'],
    ['infrastructure/profiles/test.yaml', `# yaml-language-server: $schema=../profile.schema.json\n${MINIMAL}`, 'infrastructure/profiles/test.yaml $schema'],
  ])('a schema that is not there is told, with the command that writes it: %s', async (file, content, place) => {
    const { problems } = await loadProfiles(['test'], project({ [file]: content }));
    expect(problems.map(oneLine)).toEqual([
      `${place}: is ../profile.schema.json, and no such file is there: an editor checks nothing | Write it: npx lifeboat schema > infrastructure/profile.schema.json`,
    ]);
    const there = await loadProfiles(['test'], project({ [file]: content, 'infrastructure/profile.schema.json': '{}' }));
    expect([there.loaded.length, there.problems]).toEqual([1, []]);
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
      'base.yaml:6:3 redis.port: must be at least 1 (got 0) | Write for example 6379. Port of the server.',
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
