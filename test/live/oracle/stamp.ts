import type { ClientSession, Timestamp } from 'mongodb';

/** A place in the oplog: the second, and the ordinal of the entry within it. */
export type Stamp = { readonly t: number; readonly i: number };

export const before = (one: Stamp, other: Stamp): boolean => one.t < other.t || (one.t === other.t && one.i < other.i);
export const textOf = ({ t, i }: Stamp): string => `${t}:${i}`;
export const justAfter = ({ t, i }: Stamp): Stamp => ({ t, i: i + 1 });
export const toStamp = (timestamp: Timestamp): Stamp => ({ t: timestamp.t, i: timestamp.i });

/** The cluster time of the session's last operation: of a write, that of its last entry in the oplog. */
export function operationTime(session: ClientSession): Stamp {
  if (session.operationTime === undefined) throw new Error('the server told no operation time');
  return toStamp(session.operationTime);
}
