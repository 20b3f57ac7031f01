import { createHash } from 'node:crypto';
import { isRecord } from '../profile/define.ts';
import type { Profile } from '../profile/schema.ts';

/** The SHA-256 of a profile with every default filled in. The order in which somebody wrote its fields does not count. */
export function profileHash(profile: Profile): string {
  return createHash('sha256').update(JSON.stringify(profile, inOrder)).digest('hex');
}

function inOrder(_: string, value: unknown): unknown {
  return isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}
