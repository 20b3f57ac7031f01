/**
 * The only ways a value enters a generated file, one for each place that reads it in its own manner. All refuse what cannot stand on one
 * line unchanged: control characters would end the line, and half a surrogate pair has no UTF-8 form, so the bytes written would not be
 * the value given.
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

/** Code within a line of Markdown, between more backticks than it holds in a row. */
export function code(value: unknown): string {
  const text = printable(value);
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`;
}

// What no shell, no cron and no systemd reads as anything but itself.
const plainWord = /^[\w./@:][\w./@:+-]*$/;
const fiveFields = /^[\dA-Za-z*,/-]+( [\dA-Za-z*,/-]+){4}$/;

/** One shell word of a command in a crontab. cron takes a backslash off `\%` and `\\`, and `%` for a line end, before any shell looks. */
export function cron(value: unknown): string {
  const text = printable(value);
  return plainWord.test(text) ? text : `'${text.replace(/[\\%]/g, String.raw`\$&`).replaceAll("'", `'\\''`)}'`;
}

/** The five fields of a crontab line. */
export function cronTime(value: unknown): string {
  const text = printable(value);
  if (!fiveFields.test(text)) throw new TypeError(`a cron schedule must have five fields: ${JSON.stringify(value)}`);
  return text;
}

/** One word of a systemd setting that takes words, for commands behind the prefix `:`, which leaves `$` alone. `%` starts a specifier. */
export function unit(value: unknown): string {
  const text = printable(value);
  const literal = text.replaceAll('%', '%%');
  return plainWord.test(text) ? text : `"${literal.replace(/["\\]/g, String.raw`\$&`)}"`;
}

/** The rest of the line of a systemd setting that takes a text as it stands: white space at its end would be lost, a backslash would go on. */
export function unitLine(value: unknown): string {
  const text = printable(value);
  if (/^$|^\s|[\s\\]$/.test(text)) throw new TypeError(`a line of a unit cannot hold ${JSON.stringify(value)}`);
  return text.replaceAll('%', '%%');
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
