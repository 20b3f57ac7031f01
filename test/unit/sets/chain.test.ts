// What joins on to what, asked of the program that listing, retention, the choice of a parent and a restore use.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const program = readFileSync(new URL('../../../templates/infrastructure/backup/sets/chain.jq', import.meta.url), 'utf8');

type Slice = { first: Stamp; last: Stamp; follows?: string };
type Stamp = { t: number; i: number };
type Row = Record<string, unknown> & { id: string };

/** The lines that the program says of some sets. */
function ask(sets: readonly Row[], expression: string, values: Record<string, unknown> = {}): string[] {
  const named = Object.entries(values).flatMap(([name, value]) => ['--argjson', name, JSON.stringify(value)]);
  const { status, stdout, stderr } = spawnSync('jq', ['--slurp', '--raw-output', '--compact-output', ...named, program + expression], { input: sets.map((set) => JSON.stringify(set)).join('\n'), encoding: 'utf8', timeout: 20_000 });
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').slice(0, -1);
}

const at = (t: number): Stamp => ({ t, i: 1 });
const slice = (from: number, to: number, follows?: string): Slice => ({ first: at(from), last: at(to), ...(follows === undefined ? {} : { follows }) });
const full = (id: string, end: number, more: object = {}): Row => ({ id, type: 'full', parent: null, replicaSetId: 'one', base: slice(end, end), slice: null, bridge: null, holders: [], ...more });
const on = (parent: string, type: 'incremental' | 'database', id: string, from: number, to: number, more: object = {}): Row => ({
  id, type, parent, replicaSetId: 'one', base: null, slice: slice(from, to), bridge: null, holders: type === 'incremental' ? [parent] : [], ...more,
});

const states = (sets: readonly Row[], damaged: Record<string, string> = {}): string[] => ask(sets, 'linked($damaged)[] | "\\(.id) \\(chain_state) \\(.link.root)"', { damaged });
const chain = (sets: readonly Row[]): string => ask(sets, 'newest_chain[].id').join(' ');
const windows = (sets: readonly Row[]): string => ask(sets, 'windows[] | "\\(.from.t)-\\(.to.t)"').join(' ');
const plan = (sets: readonly Row[], second: number): string => ask(sets, 'plan_in_lines', { goal: [second, 1] }).slice(1).join(' ');

const week = [full('a', 10), on('a', 'database', 'b', 10, 20), on('b', 'database', 'c', 20, 30), on('a', 'incremental', 'd', 10, 40), on('d', 'database', 'e', 40, 50)];

describe('a chain', () => {
  it('is nothing where there are no sets', () => {
    expect([states([]), chain([]), windows([]), plan([], 10), ask([], 'timeline'), ask([], 'newest_full, newest_with_files, newest_of_chain')]).toEqual([[], '', '', '', [], ['', '', '']]);
  });

  it('is a full set with all that joins on, and is followed by the fewest slices', () => {
    expect(states(week)).toEqual(['a complete a', 'b complete a', 'c complete a', 'd complete a', 'e complete a']);
    expect([chain(week), windows(week)]).toEqual(['a b c d e', '10-50']);
    expect([plan(week, 10), plan(week, 11), plan(week, 25), plan(week, 45), plan(week, 50), plan(week, 52)]).toEqual(['', 'a d/oplog', 'a d/oplog', 'a d/oplog e/oplog', 'a d/oplog e/oplog', '']);
    expect(ask(week, 'timeline')).toEqual(['d/oplog 40', 'e/oplog 50']);
    expect(ask(week, 'newest_full, newest_with_files, newest_of_chain')).toEqual(['a', 'd', 'e']);
  });

  it('ends where a set is missing, and goes on where another one holds the same', () => {
    const gap = week.filter(({ id }) => id !== 'b' && id !== 'd');
    expect(states(gap)).toEqual(['a complete a', 'c parent missing null', 'e parent missing null']);
    expect([chain(gap), windows(gap), plan(gap, 25)]).toEqual(['a', '10-10', '']);
    const without = (id: string): string => chain(week.filter((set) => set.id !== id));
    expect([without('a'), without('b'), without('c'), without('d')]).toEqual(['', 'a d e', 'a b d e', 'a b c']);
  });

  it('is joined by stamps, whatever a set calls its parent', () => {
    const twin = on('a', 'database', 'd2', 10, 40);
    const gone = [...week.filter(({ id }) => id !== 'd'), twin].sort((x, y) => (x.id < y.id ? -1 : 1));
    expect(states(gone).at(-1)).toBe('e complete a');
    expect(ask(gone, 'linked[] | select(.id == "e") | [needs.id] | join(" ")')).toEqual(['d d2']);
    const wrong = [full('a', 10), on('a', 'database', 'b', 11, 20)];
    expect(states(wrong)).toEqual(['a complete a', 'b does not join its parent null']);
    expect(states([full('a', 10), { ...on('a', 'database', 'b', 10, 20), slice: { first: { t: 10, i: 2 }, last: at(20) } }]).at(-1)).toBe('b does not join its parent null');
  });

  it('is of one replica set', () => {
    const other = [full('a', 10), on('a', 'database', 'b', 10, 20, { replicaSetId: 'two' }), on('b', 'database', 'c', 20, 30, { replicaSetId: 'two' })];
    expect(states(other)).toEqual(['a complete a', 'b does not join its parent null', 'c parent broken null']);
    expect([chain(other), windows(other), plan(other, 15)]).toEqual(['a', '10-10', '']);
  });

  it('never builds on itself, nor on what came after', () => {
    const circle = [full('a', 10), on('b', 'incremental', 'b', 20, 30), on('d', 'database', 'c', 30, 40), on('c', 'database', 'd', 40, 30)];
    expect(states(circle)).toEqual(['a complete a', 'b parent missing null', 'c parent missing null', 'd parent broken null']);
    expect([chain(circle), windows(circle), plan(circle, 25)]).toEqual(['a', '10-10', '']);
    expect(ask(circle, 'linked[1] | [needs.id] | unique | join(" ")')).toEqual(['b']);
    const still = [full('a', 10), on('b', 'database', 'b', 10, 10), on('b', 'database', 'c', 10, 20)];
    expect([states(still).join(', '), plan(still, 15)]).toEqual(['a complete a, b complete a, c complete a', 'a c/oplog']);
  });

  it('is another one where two cross, and each is followed to its own end', () => {
    const crossing = [full('a', 10), on('a', 'database', 'b', 10, 30), full('c', 20), on('c', 'database', 'd', 20, 30), on('b', 'database', 'e', 30, 40), on('d', 'database', 'f', 30, 50)];
    expect(states(crossing).slice(-2)).toEqual(['e complete a', 'f complete c']);
    expect([chain(crossing), windows(crossing), plan(crossing, 15), plan(crossing, 45)]).toEqual(['c d f', '10-50', 'a b/oplog', 'c d/oplog f/oplog']);
    // The slice that reaches farthest ends in the middle of nowhere; two shorter ones lead on.
    const dead = [full('a', 10), on('a', 'database', 'b', 10, 20), on('a', 'database', 'c', 10, 25), on('b', 'database', 'd', 20, 40)];
    expect([windows(dead), plan(dead, 24), plan(dead, 35)]).toEqual(['10-40', 'a c/oplog', 'a b/oplog d/oplog']);
  });

  it('goes on over a bridge, which the newer full set holds', () => {
    const bridged = [...week, full('f', 70, { bridge: slice(50, 70, 'e') }), on('f', 'database', 'g', 70, 80)];
    expect(ask(bridged, 'linked[] | select(.bridge) | .link | "\\(.root) \\(.bridged) \\(.bridge_on)"')).toEqual(['f a e']);
    expect([chain(bridged), windows(bridged), plan(bridged, 60), plan(bridged, 75)]).toEqual(['f g', '10-80', 'a d/oplog e/oplog f/bridge', 'f g/oplog']);
    expect(ask(bridged, 'timeline')).toEqual(['d/oplog 40', 'e/oplog 50', 'f/bridge 70', 'g/oplog 80']);
    const later = bridged.filter(({ id }) => id !== 'e');
    expect([ask(later, 'linked[] | select(.bridge) | .link.bridged'), windows(later)]).toEqual([['null'], '10-40 70-80']);
    const atOnce = [full('a', 10), full('b', 10, { bridge: slice(10, 10, 'a') }), on('b', 'database', 'c', 10, 20)];
    expect([ask(atOnce, 'linked[1].link | "\\(.bridged) \\(.root)"'), chain(atOnce)]).toEqual([['a b'], 'b c']);
  });

  it('can be reached to the end of each of its sets', () => {
    const end = (set: string): string => ask(week, 'plan_in_lines', { set }).join(' ');
    expect([end('a'), end('c'), end('d'), end('e'), end('z')]).toEqual(['10:2 a', '30:2 a d/oplog', '40:2 a d/oplog', '50:2 a d/oplog e/oplog', '']);
  });
});

describe('damage', () => {
  it('is told of the set, and nothing can build on it', () => {
    const listed = [...week, { ...full('f', 60), type: 'config', base: null }];
    expect(states(listed, { d: 'app.tar.zst', f: 'config.tar.zst' })).toEqual([
      'a complete a', 'b complete a', 'c complete a', 'd damaged: app.tar.zst null', 'e parent broken null', 'f damaged: config.tar.zst null',
    ]);
    expect(states(week, { a: 'app.tar.zst' }).slice(0, 2)).toEqual(['a damaged: app.tar.zst null', 'b parent broken null']);
    expect(ask(week, 'newest_chain({d: "app.tar.zst"})[].id')).toEqual(['a', 'b', 'c']);
  });

  it('of a set that holds files breaks what needs them', () => {
    const files = (id: string, parent: string, holders: string[]): Row => ({ ...on(parent, 'incremental', id, 0, 0), slice: null, base: null, holders });
    const sets = [{ ...full('a', 10), base: null }, files('b', 'a', ['a']), files('c', 'b', ['a', 'b']), files('d', 'b', ['a'])];
    expect(states(sets)).toEqual(['a complete a', 'b complete a', 'c complete a', 'd complete a']);
    expect(states(sets.filter(({ id }) => id !== 'a')).map((line) => line.slice(2, 16))).toEqual(['parent missing', 'parent broken ', 'parent broken ']);
    expect(states([...sets.slice(0, 1), ...sets.slice(2)])).toEqual(['a complete a', 'c parent missing null', 'd parent missing null']);
  });
});

describe('levels of format 1', () => {
  const level = (id: string, appFollows: unknown = null): Row => ({ ...full(id, 10), appFollows });
  const levels = (sets: readonly Row[], set: string): string => ask(sets, 'levels', { set }).join(' ');

  it('come from the lowest on, also one that is missing', () => {
    const sets = [level('a'), level('b', 'a'), level('c', 'b')];
    expect([levels(sets, 'c'), levels(sets, 'a'), levels(sets.slice(1), 'c')]).toEqual(['a b c', 'a', 'a b c']);
    expect(states(sets.slice(1))).toEqual(['b parent missing b', 'c parent broken c']);
  });

  it('are none where they lead in a circle', () => {
    expect([levels([level('a', 'a')], 'a'), levels([level('a', 'b'), level('b', 'a')], 'b')]).toEqual(['', '']);
  });
});
