import type { Expectation, Space, State } from './journal.ts';

const temporary = /^[^.]+\.tmp/;

/** Every difference between what the journal wants and what is there, in words. Of a write that was under way, both sides are right. */
export function differences({ state, underWay, afterwards }: Expectation, found: State): string[] {
  const open = new Set(underWay.flatMap(({ changes }) => changes.map(({ namespace }) => namespace)));
  const told: string[] = [];
  for (const namespace of new Set([...state.keys(), ...found.keys(), ...open])) {
    const there = found.get(namespace);
    if (open.has(namespace)) {
      told.push(...betweenTwo(namespace, state.get(namespace), afterwards.get(namespace), there));
    } else if (!(underWay.length > 0 && temporary.test(namespace))) {
      told.push(...exactly(namespace, state.get(namespace), there));
    }
  }
  return told;
}

function exactly(namespace: string, wanted: Space | undefined, there: Space | undefined): string[] {
  if (wanted === undefined && there === undefined) return [];
  if (there === undefined) return [`${namespace} is missing`];
  if (wanted === undefined) return [`${namespace} should not be there`];
  const told = wanted.shape === there.shape ? [] : [`${namespace} is\n${there.shape}\nand should be\n${wanted.shape}`];
  for (const [id, digest] of wanted.documents) {
    if (there.documents.get(id) !== digest) told.push(`${namespace} ${id} ${there.documents.has(id) ? 'differs' : 'is missing'}`);
  }
  for (const id of there.documents.keys()) if (!wanted.documents.has(id)) told.push(`${namespace} ${id} should not be there`);
  const inOrder = [...wanted.documents.keys()].join() === [...there.documents.keys()].join();
  if (told.length === 0 && wanted.shape.includes('"capped":true') && !inOrder) told.push(`${namespace} has its documents in another order`);
  return told;
}

function betweenTwo(namespace: string, old: Space | undefined, later: Space | undefined, there: Space | undefined): string[] {
  if (there === undefined) return old === undefined || later === undefined ? [] : [`${namespace} is missing`];
  const told: string[] = [];
  for (const id of new Set([...(old?.documents.keys() ?? []), ...(later?.documents.keys() ?? []), ...there.documents.keys()])) {
    const digest = there.documents.get(id);
    if (digest !== old?.documents.get(id) && digest !== later?.documents.get(id)) told.push(`${namespace} ${id} is neither as before nor as after`);
  }
  return told;
}
