import { describe, expect, it } from 'vitest';
import { differencesOf } from '../../../generator/plan/differences.ts';

describe('differencesOf', () => {
  it('names each field that differs by its path', () => {
    const before = { name: 'a', app: { root: '/srv', include: ['.'] }, remotes: [{ path: 'x', on: true }] };
    const after = { name: 'b', app: { include: ['.', 'y'], user: 'shop' }, remotes: [{ path: 'z', on: true }, { path: 'new' }] };
    expect(differencesOf(before, after)).toEqual([
      { path: 'name', before: 'a', after: 'b' },
      { path: 'app.root', before: '/srv', after: undefined },
      { path: 'app.include', before: ['.'], after: ['.', 'y'] },
      { path: 'app.user', before: undefined, after: 'shop' },
      { path: 'remotes[0].path', before: 'x', after: 'z' },
      { path: 'remotes[1]', before: undefined, after: { path: 'new' } },
    ]);
  });

  it('finds none between equals', () => {
    expect(differencesOf({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toEqual([]);
  });
});
