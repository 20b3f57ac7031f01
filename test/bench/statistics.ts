/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('no values to take the median of');
  return (lower + upper) / 2;
}

/** How many times as long as the reference: below 1 is faster. */
export function ratio(value: number, reference: number): number {
  if (!(reference > 0)) throw new RangeError(`cannot compare with ${reference}`);
  return value / reference;
}

/** How far the values lie apart, as a part of their median: what a difference must exceed to mean anything. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}
