// Sets as a test makes them: a directory with a small manifest, and what the test itself remembers of it.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type SetType = 'full' | 'incremental' | 'database' | 'config';
export type Stamp = { readonly t: number; readonly i: number };
export type Slice = { readonly first: Stamp; readonly last: Stamp; readonly follows: string };

export type BackupSet = {
  readonly id: string;
  readonly type: SetType;
  readonly ended: number;
  readonly replicaSetId: string;
  readonly parent: string | null;
  readonly base?: Stamp;
  readonly slice?: Slice;
  readonly bridge?: Slice;
  /** Other sets that hold files of this one, by its listing. */
  readonly holders?: readonly string[];
  /** In a set of format 1: the level that its changed files build on. */
  readonly appFollows?: string;
};

export const idAt = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
const time = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

export const endOf = ({ base, slice }: BackupSet): Stamp | undefined => base ?? slice?.last;
/** The sets that this one cannot be restored without. */
export const needsOf = ({ parent, appFollows, holders = [] }: BackupSet): string[] => [parent, appFollows, ...holders].filter((id) => typeof id === 'string');

export function writeSet(directory: string, set: BackupSet, changes: Record<string, unknown> = {}): void {
  const { id, type, ended, replicaSetId, parent, base, slice, bridge, appFollows, holders = [] } = set;
  const part = (details: object) => ({ bytes: 1000, details });
  const components = {
    ...(base ? { mongodb: part({ server: { replicaSetId }, oplog: { first: base, last: base } }) } : {}),
    ...(slice ? { oplog: part({ replicaSetId, ...slice }) } : {}),
    ...(bridge ? { bridge: part({ replicaSetId, ...bridge }) } : {}),
    ...(type === 'full' || type === 'incremental' ? { app: part(appFollows ? { level: 1, follows: appFollows } : { sets: [...holders, id] }) } : {}),
    ...(type === 'database' ? {} : { config: part({ sets: [id] }) }),
  };
  const manifest = { format: appFollows ? 1 : 2, id, type, parent, application: 'shop', environment: 'production', started: time(ended), ended: time(ended), warnings: [], components, ...changes };
  mkdirSync(join(directory, id));
  writeFileSync(join(directory, id, 'manifest.json'), JSON.stringify(manifest));
}

export function removeSet(directory: string, id: string): void {
  rmSync(join(directory, id), { recursive: true });
}

export function entries(directory: string): Set<string> {
  return new Set(readdirSync(directory));
}
