// A host whose backups a test lets run for years: a clock that can be wrong, a server with an oplog, and backup.sh as far as retention can tell.
import { entries, endOf, idAt, removeSet, writeSet, type BackupSet, type SetType, type Slice, type Stamp } from './sets.ts';

export const HOUR = 3600;
export const DAY = 24 * HOUR;

export class Host {
  /** True time; the clock of the host is off by `offset`. */
  time = Date.UTC(2026, 0, 4, 3) / 1000;
  offset = 0;
  /** How far back the oplog of the server reaches. */
  oplogReach = 30 * DAY;
  /** Changes with each restore of the server. */
  server = 'first';
  readonly sets = new Map<string, BackupSet>();
  private stamp: Stamp = { t: 0, i: 0 };

  constructor(readonly directory: string) {}

  get clock(): number {
    return this.time + this.offset;
  }

  /** Forgets the sets that are gone from the disk. */
  look(): void {
    const there = entries(this.directory);
    for (const id of this.sets.keys()) if (!there.has(id)) this.sets.delete(id);
  }

  /** Takes a set of this type, or what backup.sh takes instead; none when the clock lies before the newest set. */
  backup(type: SetType): BackupSet | undefined {
    const id = idAt(this.clock);
    if ([...entries(this.directory)].some((name) => /^\d{8}_\d{6}$/.test(name) && name >= id)) return undefined;
    const set = type === 'config' ? this.plain(id) : this.chained(id, type);
    this.add(set);
    return set;
  }

  add(set: BackupSet): void {
    writeSet(this.directory, set);
    this.sets.set(set.id, set);
  }

  remove(id: string): void {
    removeSet(this.directory, id);
    this.sets.delete(id);
  }

  private plain(id: string): BackupSet {
    return { id, type: 'config', ended: this.clock, replicaSetId: this.server, parent: null };
  }

  private chained(id: string, type: SetType): BackupSet {
    const end = this.write();
    const set = { id, ended: this.clock, replicaSetId: this.server };
    const full = this.newest((item) => item.type === 'full');
    const files = full && this.newest((item) => item.id >= full.id && item.type !== 'database' && item.type !== 'config');
    const newest = full && this.newest((item) => item.id >= full.id && item.type !== 'config');
    if (type !== 'full' && full?.replicaSetId === this.server) {
      const slice = this.slice(type === 'incremental' ? files : newest, newest, end);
      if (slice) return { ...set, type, parent: slice.follows, slice, ...(type === 'incremental' && files ? { holders: this.holders(files) } : {}) };
    }
    const bridge = full?.replicaSetId === this.server ? this.slice(files, newest, end) : undefined;
    return { ...set, type: 'full', parent: null, base: end, ...(bridge ? { bridge } : {}) };
  }

  /** What did not change is where it was; now and then all that a set held has changed since. */
  private holders({ id, holders = [] }: BackupSet): string[] {
    return [...holders.filter((_, index) => (this.clock + index) % 7 !== 0), id];
  }

  /** From the end of the wanted set, or of the newest one where the oplog does not reach that far. */
  private slice(wanted: BackupSet | undefined, newest: BackupSet | undefined, last: Stamp): Slice | undefined {
    for (const from of [wanted, newest]) {
      const first = from && endOf(from);
      if (from && first && first.t >= last.t - this.oplogReach) return { first, last, follows: from.id };
    }
    return undefined;
  }

  private newest(wanted: (set: BackupSet) => boolean): BackupSet | undefined {
    return [...this.sets.values()].filter(wanted).sort((a, b) => (a.id < b.id ? -1 : 1)).at(-1);
  }

  /** The server's time follows the clock but never goes back. */
  private write(): Stamp {
    const { t, i } = this.stamp;
    this.stamp = this.clock > t ? { t: this.clock, i: 1 } : { t, i: i + 1 };
    return this.stamp;
  }
}
