import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile, viewOf, type Compiled } from '../../generator/cli/compile.ts';
import { loadProfiles } from '../../generator/load/load.ts';
import { files, pathOf } from '../../generator/render/files.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const names = ['minimal', 'full', 'hostile', 'hostile-timers'];
let compiled: Compiled[] = [];

beforeAll(async () => {
  const { loaded, problems } = await loadProfiles(names.map((name) => `profiles/${name}.yaml`), here);
  expect(problems).toEqual([]);
  compiled = compile(loaded);
});

/** To accept a change of the output: npx vitest run test/golden --update, then read the diff of the scripts. */
describe.each(names)('the generated files of %s', (name) => {
  const tree = () => compiled.find(({ loaded }) => loaded.environment === name)?.tree.files ?? [];

  it.each(files)('$path is as expected', async (descriptor) => {
    const loaded = compiled.find((item) => item.loaded.environment === name)?.loaded;
    if (!loaded) throw new Error(`${name} was not compiled`);
    const view = viewOf(loaded);
    const path = pathOf(descriptor, view);
    const file = tree().find((item) => item.path === path);
    expect(file !== undefined).toBe(descriptor.when?.(view) ?? true);
    if (file) await expect(file.text).toMatchFileSnapshot(`expected/${name}/${path}`);
  });

  it('are Bash that parses', () => {
    const scripts = tree().filter(({ path }) => path.endsWith('.sh'));
    expect(scripts.length).toBeGreaterThan(0);
    for (const { text } of scripts) execFileSync('bash', ['-n'], { input: text });
  });
});
