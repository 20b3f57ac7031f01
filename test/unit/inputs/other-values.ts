// Values that differ from the one a field has. Which of them are right for the field is left to the schema.
import { examplesOf, type Field } from './sample.ts';

export function otherValues({ node }: Field, value: unknown): unknown[] {
  const named = [...(Array.isArray(node['enum']) ? (node['enum'] as unknown[]) : []), ...examplesOf(node)];
  return [...named.filter((other) => JSON.stringify(other) !== JSON.stringify(value)), ...changed(value)];
}

function changed(value: unknown): unknown[] {
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number') return [value + 1, value - 1];
  if (typeof value === 'string') return [`${value}x`, `${value}X`, nextDigit(value)];
  if (Array.isArray(value)) return (value as unknown[]).flatMap((item, index, items) => changed(item).map((other) => items.with(index, other)));
  return [];
}

/** The last digit of a text, one higher. */
function nextDigit(text: string): string {
  return text.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10));
}
