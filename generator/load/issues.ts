// What zod found, in words: the field, what is wrong, the value that is there, and what to write instead.
import { closest, distance } from 'fastest-levenshtein';
import type { $ZodIssue } from 'zod/v4/core';
import { isRecord } from '../profile/define.ts';
import { type FieldPath, valueAt } from '../profile/field-path.ts';
import { knownKeys, schemasAt } from '../profile/schema-tree.ts';

type Issue = { readonly path: FieldPath; readonly code: string; readonly message: string; readonly fix: string };

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a group of fields',
};

export function describeIssues(issues: readonly $ZodIssue[], data: unknown): Issue[] {
  return issues.flatMap((issue) => describe(issue, data));
}

function describe(issue: $ZodIssue, data: unknown): Issue[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, data));
    case 'invalid_union':
      return issue.errors.length > 0 ? describeIssues(inside(issue.errors, path), data) : [wrongChoice(path, data)];
    case 'invalid_type':
      return [wrongType(path, issue.expected, data)];
    case 'invalid_value':
      return [wrongChoice(path, data, issue.values.map(String))];
    default:
      return [wrongValue(path, issue.message, data)];
  }
}

// Of several alternatives the author meant the one that knows most of the keys, and then the one with the fewest complaints.
function inside(branches: readonly (readonly $ZodIssue[])[], path: FieldPath): $ZodIssue[] {
  const [best = []] = [...branches].sort((a, b) => unknownIn(a) - unknownIn(b) || a.length - b.length);
  return best.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
}

function unknownIn(issues: readonly $ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0), 0);
}

function unknownKey(path: FieldPath, key: string, data: unknown): Issue {
  const known = knownKeys(path, data);
  const fix = didYouMean(key, known) ?? `Known here: ${[...known].sort().join(', ')}.`;
  return { path: [...path, key], code: 'unknown-key', message: `unknown key "${key}"`, fix };
}

function wrongType(path: FieldPath, expected: string, data: unknown): Issue {
  const value = valueAt(data, path);
  const fix = writeInstead(path, data);
  return value === undefined
    ? { path, code: 'required', message: 'is required', fix }
    : { path, code: 'type', message: `must be ${TYPES[expected] ?? expected} (got ${show(value)})`, fix };
}

function wrongChoice(path: FieldPath, data: unknown, values?: readonly string[]): Issue {
  const value = valueAt(data, path);
  const choices = values ?? constants(path, data);
  const message = value === undefined ? 'is required' : `must be ${quotedList(choices)} (got ${show(value)})`;
  const suggestion = typeof value === 'string' ? didYouMean(value, choices) : undefined;
  return { path, code: value === undefined ? 'required' : 'value', message, fix: suggestion ?? `Write ${quotedList(choices)}.` };
}

function wrongValue(path: FieldPath, message: string, data: unknown): Issue {
  return { path, code: 'value', message: `${message} (got ${show(valueAt(data, path))})`, fix: writeInstead(path, data) };
}

/** What the discriminating field of a union may be: the constants of all its branches. */
function constants(path: FieldPath, data: unknown): string[] {
  const name = path.at(-1);
  const values = schemasAt(path.slice(0, -1), data).flatMap(({ properties }) => {
    const field: unknown = isRecord(properties) && name !== undefined ? properties[name] : undefined;
    return isRecord(field) && typeof field['const'] === 'string' ? [field['const']] : [];
  });
  return [...new Set(values)];
}

function writeInstead(path: FieldPath, data: unknown): string {
  const schemas = schemasAt(path, data);
  const example: unknown = schemas.flatMap(({ examples }) => (Array.isArray(examples) ? (examples as unknown[]) : []))[0];
  const fallback: unknown = schemas.map((schema) => schema['default']).find((value) => value !== undefined);
  // The default is of this very field; an example may be of its kind.
  const suggestion = fallback !== undefined && !isEmpty(fallback) ? fallback : (example ?? fallback);
  const meaning: unknown = schemas.map(({ description }) => description).find((value) => value !== undefined);
  const purpose = typeof meaning === 'string' ? `${meaning}.` : '';
  return suggestion === undefined ? purpose || 'Correct the value.' : `Write for example ${JSON.stringify(suggestion)}. ${purpose}`.trimEnd();
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** A question that names the nearest name, when one is near. */
export function didYouMean(name: string, known: readonly string[]): string | undefined {
  const nearest = known.length === 0 ? '' : closest(name.toLowerCase(), [...known]);
  return nearest !== '' && isNear(name.toLowerCase(), nearest.toLowerCase()) ? `Did you mean "${nearest}"?` : undefined;
}

// One letter in three, or letters in another order: "port" is not "root".
function isNear(name: string, known: string): boolean {
  const sorted = (word: string): string => word.split('').sort().join('');
  return distance(name, known) <= Math.min(3, Math.max(1, Math.floor(name.length / 3))) || sorted(name) === sorted(known);
}

function quotedList(values: readonly string[]): string {
  const quoted = values.map((value) => `"${value}"`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`;
}

function show(value: unknown): string {
  if (value === undefined) {
    return 'nothing';
  }
  if (isRecord(value)) {
    return 'a group of fields';
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? 'an empty list' : 'a list';
  }
  const text = typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function' ? typeof value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
