// Durations and sizes are a closed grammar: one whole number and one unit. Nothing is guessed, so "6" or "1h30m" is an error.

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
const BYTES = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;

type DurationUnit = keyof typeof SECONDS;
type SizeUnit = keyof typeof BYTES;

/** `90s`, `15m`, `6h`, `30d`, `4w`. */
export type Duration = `${number}${DurationUnit}`;
/** `500MB` is decimal, `500MiB` binary. */
export type Size = `${number}${SizeUnit}`;

export const DURATION_PATTERN = /^([1-9]\d{0,5})([smhdw])$/;
/** Terabytes have three digits, so that every size is an exact number. */
export const SIZE_PATTERN = /^([1-9]\d{0,5}(?!\d*T)|[1-9]\d{0,2}(?=T))([KMGT]i?B|B)$/;

export function toSeconds(duration: Duration): number {
  return convert(duration, DURATION_PATTERN, SECONDS);
}

export function toBytes(size: Size): number {
  return convert(size, SIZE_PATTERN, BYTES);
}

function convert<Unit extends string>(text: string, pattern: RegExp, factors: Record<Unit, number>): number {
  const [, amount, unit] = pattern.exec(text) ?? [];
  const factor = unit === undefined ? undefined : factors[unit as Unit];
  if (amount === undefined || factor === undefined) {
    throw new RangeError(`not a quantity: ${text}`);
  }
  return Number(amount) * factor;
}

/** Seconds as a person says them: `6 hours`, `1 day 2 hours`; never more than two units. */
export function inWords(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const [name, size] of [['day', 86_400], ['hour', 3600], ['minute', 60], ['second', 1]] as const) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) {
      parts.push(`${count} ${name}${count === 1 ? '' : 's'}`);
    }
  }
  return parts.slice(0, 2).join(' ') || '0 seconds';
}

/** Seconds as the shortest duration a profile can hold: 86400 becomes `1d`. */
export function toDuration(seconds: number): Duration {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (seconds % SECONDS[unit] === 0) {
      return `${seconds / SECONDS[unit]}${unit}`;
    }
  }
  return `${Math.ceil(seconds)}s`;
}
