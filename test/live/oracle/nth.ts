/** An element that must be there. */
export function nth<T>(items: readonly T[], index: number): T {
  const item = items.at(index);
  if (item === undefined) throw new Error(`there is no element ${index} of ${items.length}`);
  return item;
}
