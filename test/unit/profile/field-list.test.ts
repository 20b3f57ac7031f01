import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fieldList } from '../../../generator/profile/field-list.ts';
import { lifeboat } from '../cli-run.ts';
import { project } from '../load/fixture.ts';

const page = readFileSync(fileURLToPath(new URL('../../../docs/profile.md', import.meta.url)), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| `'));
const cells = rows.map((row) => row.slice(2, -2).split(' | '));

describe('docs/profile.md', () => {
  test('is what the schema says today; "npx lifeboat schema --markdown" writes it', async () => {
    expect(page).toBe(fieldList());
    expect(await lifeboat(project({}), 'schema', '--markdown')).toMatchObject({ code: 0, out: page });
  });

  test('has every field, each with its type, its default, an example and what it is for', () => {
    expect(rows.length).toBeGreaterThan(120);
    expect(cells.filter((row) => row.length !== 5 || [row[0], row[1], row[2], row[4]].some((cell) => cell === undefined || cell.trim() === ''))).toEqual([]);
    const withoutExample = cells.filter(([, type, , example]) => example === '-' && !type?.includes('groups below')).map(([path]) => path);
    expect(withoutExample).toEqual(['`$schema`', '`extends`']);
  });

  test('gives no field the example of another one: each path stands once, but for what alternatives share', () => {
    const absolute = cells.filter(([, type]) => type?.includes('absolute path') === true);
    const shared = absolute.filter(([path], index) => absolute.findIndex(([other]) => other === path) === index).map(([path, , , example]) => `${example ?? ''} ${path ?? ''}`);
    const examples = shared.map((text) => text.split(' ')[0]);
    expect(examples.filter((example, index) => examples.indexOf(example) !== index)).toEqual([]);
    expect(cells.filter(([path, , , example]) => example === '`22`' && !/ssh|remotes\.port/i.test(path ?? ''))).toEqual([]);
    expect(cells.filter(([path, , , example]) => example?.includes('mongod') === true && path?.startsWith('`mongodb.') === false)).toEqual([]);
  });
});
