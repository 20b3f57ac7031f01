/** A field that two profiles do not agree on; `undefined` where one of them does not have it. */
export type Difference = { readonly path: string; readonly before: unknown; readonly after: unknown };

/** Compares two profiles field by field. Lists are compared as a whole: their order means something. */
export function differencesOf(before: unknown, after: unknown, path = ''): Difference[] {
  if (!isRecord(before) || !isRecord(after)) return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differencesOf(before[key], after[key], path === '' ? key : `${path}.${key}`));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
