/**
 * The only two ways a value enters a generated file. Both refuse what cannot stand on one line unchanged: control characters would end
 * the line, and half a surrogate pair has no UTF-8 form, so the bytes written would not be the value given.
 */
const unprintable = /[\p{Cc}\p{Cs}]/u;

/** One shell word, always in single quotes, so that every line of a settings block looks alike and nothing in it is ever expanded. */
export function sh(value: unknown): string {
  return `'${printable(value).replaceAll("'", `'\\''`)}'`;
}

/** Text for the rest of a `#` line. */
export function comment(value: unknown): string {
  return printable(value);
}

function printable(value: unknown): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string') throw new TypeError(`a template value must be a string or a whole number, got ${describe(value)}`);
  if (unprintable.test(value)) throw new TypeError(`a template value must not hold control characters: ${JSON.stringify(value)}`);
  return value;
}

function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
}
