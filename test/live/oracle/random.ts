let state = Number(process.env['ORACLE_SEED'] ?? Date.now() % 2 ** 31);
/** Told in every failure, and taken from ORACLE_SEED to choose the same again. */
export const seed: number = state;

/** A whole number below the limit: the same ones for the same seed. */
export function random(limit: number): number {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return Math.floor((state / 0x80000000) * limit);
}
