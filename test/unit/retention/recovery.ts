// What can be restored from a collection of sets. Written without a look at the jq program: it walks stamps forwards from each base.
import { endOf, needsOf, type BackupSet, type Slice, type Stamp } from './sets.ts';

export type Span = { readonly server: string; readonly from: number; readonly to: number };
export type Sets = ReadonlyMap<string, BackupSet>;

const key = (server: string, { t, i }: Stamp): string => `${server} ${t}:${i}`;

/** Seconds, as spans: those of MongoDB that some base and the slices after it bring back. */
export function recoverable(sets: Sets): Span[] {
  const after = new Map<string, Slice[]>();
  for (const { replicaSetId, slice, bridge } of sets.values()) {
    for (const item of [slice, bridge]) if (item) after.set(key(replicaSetId, item.first), [...(after.get(key(replicaSetId, item.first)) ?? []), item]);
  }
  const spans: Span[] = [];
  const seen = new Set<string>();
  const open = [...sets.values()].flatMap(({ replicaSetId, base }) => (base ? [{ server: replicaSetId, stamp: base }] : []));
  for (let next = open.pop(); next; next = open.pop()) {
    const { server, stamp } = next;
    if (seen.has(key(server, stamp))) continue;
    seen.add(key(server, stamp));
    for (const { first, last } of after.get(key(server, stamp)) ?? []) {
      spans.push({ server, from: first.t, to: last.t });
      open.push({ server, stamp: last });
    }
  }
  return united(spans);
}

function united(spans: readonly Span[]): Span[] {
  const result: { server: string; from: number; to: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.server.localeCompare(b.server) || a.from - b.from)) {
    const last = result.at(-1);
    if (last?.server === span.server && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else result.push({ ...span });
  }
  return result;
}

/** What the one holds and the other does not, as far as it lies after a moment. */
export function lost(before: readonly Span[], after: readonly Span[], since: number): Span[] {
  return before
    .map((span) => ({ ...span, from: Math.max(span.from, since) }))
    .filter(({ server, from, to }) => from < to && !after.some((span) => span.server === server && span.from <= from && to <= span.to));
}

/** Whether a set, with all that it builds on, is there and joins on. */
export function restorable(sets: Sets): Set<string> {
  const known = new Map<string, boolean>();
  const check = (id: string, path: readonly string[]): boolean => {
    const set = sets.get(id);
    const answer = known.get(id);
    if (answer !== undefined || !set || path.includes(id)) return answer ?? false;
    const parent = set.parent === null ? undefined : sets.get(set.parent);
    const from = parent && endOf(parent);
    const joined = !set.slice || (from !== undefined && parent !== undefined && key(parent.replicaSetId, from) === key(set.replicaSetId, set.slice.first));
    const result = joined && needsOf(set).every((need) => check(need, [...path, id]));
    known.set(id, result);
    return result;
  };
  // The older ones first, so that long chains need no deep recursion.
  for (const id of [...sets.keys()].sort()) check(id, []);
  return new Set([...known].filter(([, answer]) => answer).map(([id]) => id));
}
