/** Seconds with as many digits as mean something. */
export const inSeconds = (value: number): string => (value >= 99.5 ? value.toFixed(0) : value >= 9.95 ? value.toFixed(1) : value.toFixed(2));

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal, as in profiles: 1.5 GB. */
export function inBytes(value: number): string {
  const power = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log10(value) / 3));
  const scaled = value / 1000 ** power;
  return `${power === 0 || scaled >= 99.5 ? scaled.toFixed(0) : scaled.toFixed(1)} ${units[power] ?? ''}`;
}

export const inTimes = (value: number): string => (value >= 9.95 ? value.toFixed(0) : value.toFixed(2));

/** Groups of three digits, the same on every machine. */
export const inCount = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
