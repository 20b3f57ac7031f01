import { isRecord } from '../profile/define.ts';
import { formatPath, type FieldPath } from '../profile/field-path.ts';

/** A field that two profiles do not agree on; `undefined` where one of them does not have it. */
export type Difference = { readonly path: string; readonly before: unknown; readonly after: unknown };

/** Compares two profiles field by field. A list of texts is one value: its order means something, and its items have no names. */
export function differencesOf(before: unknown, after: unknown, path: FieldPath = []): Difference[] {
  const [old, fresh] = [fieldsOf(before), fieldsOf(after)];
  if (!old || !fresh) return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path: formatPath(path), before, after }];
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((key) => differencesOf(old.get(key), fresh.get(key), [...path, key]));
}

function fieldsOf(value: unknown): Map<string | number, unknown> | undefined {
  if (Array.isArray(value)) return value.some(isRecord) ? new Map(value.entries()) : undefined;
  return isRecord(value) ? new Map(Object.entries(value)) : undefined;
}
