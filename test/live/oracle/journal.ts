import { before, type Stamp } from './stamp.ts';

/** A collection, view or time series: what defines it, and its documents as digests by _id, in their order. */
export type Space = { shape: string; documents: ReadonlyMap<string, string> };
/** What a server holds, by namespace. */
export type State = Map<string, Space>;

export type Change =
  | { kind: 'put'; namespace: string; id: string; digest: string; keepLast?: number }
  | { kind: 'remove'; namespace: string; id: string }
  /** The whole namespace, as it is now; undefined when it is gone. */
  | { kind: 'become'; namespace: string; space: Space | undefined };

/** A write of one entry of the oplog has its effect at that entry; one of several entries somewhere after `from`, and wholly at `at`. */
export type Entry = { what: string; from: Stamp; at: Stamp; changes: readonly Change[] };

/** What must be there at a moment, and which writes were under way then: of those, what was before and what is after is right. */
export type Expectation = { state: State; underWay: readonly Entry[]; afterwards: State };

/** Everything that was written, kept outside the server. */
export class Journal {
  readonly entries: Entry[] = [];
  /** When each one had been begun for certain, and when it was committed. */
  readonly transactions: { what: string; opened: Stamp; at: Stamp }[] = [];

  record(what: string, at: Stamp, changes: readonly Change[]): void {
    this.entries.push({ what, from: at, at, changes });
  }

  recordSpan(what: string, from: Stamp, at: Stamp, changes: readonly Change[]): void {
    this.entries.push({ what, from, at, changes });
  }

  /** Of all writes whose entries come before the limit. */
  expectation(limit: Stamp): Expectation {
    const inOrder = [...this.entries].sort((one, other) => (before(one.at, other.at) ? -1 : before(other.at, one.at) ? 1 : 0));
    const settled = inOrder.filter(({ at }) => before(at, limit));
    const underWay = inOrder.filter(({ from, at }) => before(from, limit) && !before(at, limit) && before(from, at));
    return { state: replay(settled), underWay, afterwards: replay([...settled, ...underWay]) };
  }
}

function replay(entries: readonly Entry[]): State {
  const state: State = new Map();
  const documentsOf = (namespace: string): Map<string, string> => {
    const space = state.get(namespace);
    if (space === undefined) throw new Error(`the journal writes to ${namespace}, which does not exist`);
    return space.documents as Map<string, string>;
  };
  for (const change of entries.flatMap((entry) => entry.changes)) {
    if (change.kind === 'become') {
      if (change.space === undefined) state.delete(change.namespace);
      else state.set(change.namespace, { ...change.space, documents: new Map(change.space.documents) });
    } else if (change.kind === 'remove') {
      documentsOf(change.namespace).delete(change.id);
    } else {
      const documents = documentsOf(change.namespace);
      documents.set(change.id, change.digest);
      const [oldest] = documents.keys();
      if (change.keepLast !== undefined && documents.size > change.keepLast && oldest !== undefined) documents.delete(oldest);
    }
  }
  return state;
}
