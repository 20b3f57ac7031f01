// Only what every cron understands is accepted: five fields of numbers, names, lists, ranges and steps. Libraries also take L, W, # and
// nicknames, which Debian's cron refuses on the server. The expanded fields give exact gaps between runs, which no library offers.

type Field = { readonly name: string; readonly low: number; readonly high: number; readonly names?: readonly string[] };

const FIELDS: readonly Field[] = [
  { name: 'minute', low: 0, high: 59 },
  { name: 'hour', low: 0, high: 23 },
  { name: 'day of month', low: 1, high: 31 },
  {
    name: 'month',
    low: 1,
    high: 12,
    names: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { name: 'day of week', low: 0, high: 7, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

/** The values of each field, as they match. Sunday is 0. */
export type CronFields = Readonly<Record<'minutes' | 'hours' | 'days' | 'months' | 'weekdays', ReadonlySet<number>>>;

export type Schedule = {
  readonly fields: CronFields;
  /** Minutes since midnight, ascending, on a day that matches. */
  readonly times: readonly number[];
  readonly runsOn: (date: Date) => boolean;
  /** Both day fields are restricted: cron then runs when either matches. */
  readonly eitherDay: boolean;
};

/** Reads a five-field cron expression; throws a RangeError that says what is wrong with it. */
export function parseCron(expression: string): Schedule {
  const texts = expression.split(' ');
  if (texts.length !== FIELDS.length || texts.includes('')) {
    throw new RangeError(`needs five fields separated by single spaces: minute, hour, day of month, month, day of week`);
  }
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, index) => expand(field, texts[index] ?? '')) as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ];
  // Sunday may be written 0 or 7.
  if (weekdays.delete(7)) {
    weekdays.add(0);
  }
  // A field that begins with "*" leaves the choice of the day to the other one.
  const eitherDay = !texts[2]?.startsWith('*') && !texts[4]?.startsWith('*');
  const runsOn = (date: Date): boolean => {
    const byMonthDay = days.has(date.getUTCDate());
    const byWeekday = weekdays.has(date.getUTCDay());
    return months.has(date.getUTCMonth() + 1) && (eitherDay ? byMonthDay || byWeekday : byMonthDay && byWeekday);
  };
  const times = [...hours].flatMap((hour) => [...minutes].map((minute) => hour * 60 + minute)).sort((a, b) => a - b);
  return { fields: { minutes, hours, days, months, weekdays }, times, runsOn, eitherDay };
}

function expand(field: Field, text: string): Set<number> {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const [range = '', ...steps] = item.split('/');
    const [low, high] = bounds(field, range, item);
    const by = steps.length === 0 ? 1 : stepOf(steps);
    if (by === undefined || (steps.length > 0 && !/[*-]/.test(range))) {
      throw new RangeError(`${field.name} field "${text}": a step is written */5 or 10-40/5`);
    }
    for (let value = low; value <= high; value += by) {
      values.add(value);
    }
  }
  return values;
}

function stepOf(steps: readonly string[]): number | undefined {
  const text = steps.join('/');
  return /^[1-9]\d?$/.test(text) ? Number(text) : undefined;
}

function bounds(field: Field, range: string, item: string): [number, number] {
  if (range === '*') {
    return [field.low, field.name === 'day of week' ? 6 : field.high];
  }
  const ends = range.split('-');
  const low = valueOf(field, ends[0] ?? '');
  const high = ends.length === 1 ? low : valueOf(field, ends[1] ?? '');
  if (ends.length > 2 || low === undefined || high === undefined) {
    throw new RangeError(`${field.name} field "${item}": use *, ${field.low}-${field.high}, or a list of them`);
  }
  if (low > high) {
    throw new RangeError(`${field.name} field "${item}": the range runs backwards`);
  }
  return [low, high];
}

function valueOf(field: Field, text: string): number | undefined {
  const named = text === '' ? -1 : (field.names ?? []).indexOf(text.toLowerCase());
  const value = /^\d{1,2}$/.test(text) ? Number(text) : named;
  return value >= field.low && value <= field.high ? value : undefined;
}
