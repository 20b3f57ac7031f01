// What retention promises, as checks of one removal.
import { expect } from 'vitest';
import type { Answer, Settings } from './driver.ts';
import { lost, recoverable, restorable, type Sets } from './recovery.ts';
import { needsOf, type BackupSet } from './sets.ts';

export type Removal = { readonly before: Sets; readonly after: Sets; readonly now: number; readonly settings: Settings; readonly inUse: ReadonlySet<string>; readonly answer: Answer };

export function expectPromisesKept(removal: Removal): void {
  const { before, after, now, settings, answer } = removal;
  expect(answer.trouble).toBe('');
  const decided = new Set(answer.decisions.filter(({ id, retention }) => before.has(id) && retention.keep).map(({ id }) => id));
  expect([...after.keys()].sort(), 'the decisions are what was done').toEqual([...decided].sort());

  const whole = restorable(after);
  const stranded = [...restorable(before)].filter((id) => after.has(id) && !whole.has(id));
  expect(stranded, 'a kept set can be restored as before').toEqual([]);

  // A server's stamps can run ahead of a clock that was set back.
  const ahead = Math.max(0, ...[...before.values()].map(({ ended, slice, base }) => (slice?.last.t ?? base?.t ?? 0) - ended));
  expect(lost(recoverable(before), recoverable(after), now - settings.incremental + ahead), 'the window is as long as promised').toEqual([]);

  const young = [...before.values()].filter(({ id, type, ended }) => now - ended <= settings[type] && !after.has(id));
  expect(young, 'no set is removed before its time').toEqual([]);
  if (answer.doubt === '') expect(beyondNeed(removal), 'what nothing needs is gone').toEqual([]);
  else expect(after.size).toBe(before.size);
}

/** Kept sets that no rule keeps: a bound for the space that sets take. */
function beyondNeed({ before, after, now, settings, inUse }: Removal): string[] {
  const ids = [...before.keys()].sort();
  const newest = (type: BackupSet['type']) => ids.findLast((id) => before.get(id)?.type === type);
  const full = newest('full');
  const chain = new Set(full === undefined ? [] : [full]);
  const needed = new Set<string>();
  for (const id of ids) {
    const set = before.get(id);
    if (set?.parent != null && chain.has(set.parent)) chain.add(id);
  }
  const need = (id: string | undefined): void => {
    const set = id === undefined ? undefined : before.get(id);
    if (!set || needed.has(set.id)) return;
    needed.add(set.id);
    for (const other of needsOf(set)) need(other);
    if (set.bridge && now - set.ended <= settings.incremental) need(set.bridge.follows);
  };
  for (const { id, type, ended, slice, bridge } of before.values()) {
    const kept = Math.max(settings[type], slice ?? bridge ? settings.incremental : 0);
    if (now - ended <= kept || chain.has(id) || inUse.has(id) || id === newest('config')) need(id);
  }
  return [...after.keys()].filter((id) => !needed.has(id));
}
