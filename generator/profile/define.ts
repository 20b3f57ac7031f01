import type { ProfileInput } from './schema.ts';

/** Gives a TypeScript profile its types; the values are checked when lifeboat loads it. */
export function defineProfile(profile: ProfileInput): ProfileInput {
  return profile;
}

// Alternatives whose fields make no sense together: half of one must not be mixed with half of another.
const REPLACED_AS_A_WHOLE = ['service', 'encryption'] as const;
type ReplacedAsAWhole = (typeof REPLACED_AS_A_WHOLE)[number];

/** Every field optional at every depth; arrays and alternatives are given as a whole. */
export type Overrides<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: K extends ReplacedAsAWhole ? T[K] : Overrides<T[K]> }
    : T;

/** A profile like another one, with some fields changed. */
export function extendProfile(base: ProfileInput, overrides: Overrides<ProfileInput>): ProfileInput {
  return merge(base, overrides) as ProfileInput;
}

/** The deep merge behind `extends` and extendProfile: objects are merged, everything else is replaced. */
export function merge(base: unknown, over: unknown): unknown {
  if (!isRecord(base) || !isRecord(over)) {
    return over === undefined ? base : over;
  }
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, mergeField(key, base, over)]));
}

function mergeField(key: string, base: Record<string, unknown>, over: Record<string, unknown>): unknown {
  const [old, fresh] = [own(base, key), own(over, key)];
  return REPLACED_AS_A_WHOLE.some((name) => name === key) ? (fresh ?? old) : merge(old, fresh);
}

function own(record: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
