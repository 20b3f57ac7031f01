import type { Explanation } from '../plan/explanation.ts';
import { inWords, toSeconds } from '../profile/units.ts';
import type { Colours } from '../report.ts';

/** An explanation as a page of text: a heading per question, aligned columns below it. */
export function explanationText(explanation: Explanation, { bold }: Colours): string {
  const { environment, profile, application } = explanation;
  const title = `${bold(environment)}: ${application.name} at ${application.domain}, from ${profile}\n`;
  return [title, ...sections(explanation).map(([heading, rows]) => `${bold(heading)}\n${table(rows)}`)].join('\n');
}

type Rows = readonly (readonly string[])[];

function sections(explanation: Explanation): (readonly [string, Rows])[] {
  const { jobs, nextRuns, commands, recoveryPoint, recoveryTime, places, timeZone } = explanation;
  return [
    [
      `When (${timeZone}). This version leaves the cron entries to you`,
      jobs.map(({ type, schedule, words, command }) => [type, schedule, words, command]),
    ],
    [`Next runs (${timeZone})`, nextRuns.map(({ time, type, left }) => [time, type, left])],
    [
      'Captured. This version takes a full set at each run',
      [...commands.map(({ command, captures }) => [command, captures.join(', ')]), ...componentRows(explanation)],
    ],
    ['Kept, as configured. This version removes no set by itself', jobs.map(({ type, retention }) => [type, inWords(toSeconds(retention))])],
    [
      'Most that can be lost',
      recoveryPoint.map(({ data, computed, objective, met }) => [data, computed, `objective: ${objective}`, met ? 'met' : 'MISSED']),
    ],
    ['Longest outage, as objective', outages.map(([field, words]) => [words, inWords(toSeconds(recoveryTime[field]))])],
    ['Where', Object.entries(places)],
    ['A restore stops and starts', serviceRows(explanation)],
    ...storageSection(explanation),
  ];
}

const outages = [
  ['serviceFailure', 'a service fails'],
  ['databaseFailure', 'the database is lost'],
  ['serverFailure', 'the server is lost'],
  ['fullDisaster', 'everything is lost'],
] as const;

function componentRows({ components }: Explanation): Rows {
  return components.flatMap(({ name, from, without, ifThere }) => [
    ...from.map((item, index) => [index === 0 ? name : '', item]),
    ...without.map((item) => ['', `without ${item}`]),
    ...ifThere.map((item) => ['', `${item}, if it is there`]),
  ]);
}

function serviceRows({ services }: Explanation): Rows {
  const command = (words: readonly string[]): string => (words.length > 0 ? words.join(' ') : '-');
  return services.map(({ restoring, stop, start }) => [restoring, command(stop), command(start)]);
}

function storageSection({ storage }: Explanation): (readonly [string, Rows])[] {
  if (!storage) return [];
  const { setBytes, setsPerWeek, setsKept, bytesPerWeek, bytesKept } = storage;
  return [
    [
      `Storage, at ${size(setBytes)} a set`,
      [
        ['grows by', `${setsPerWeek} sets, ${size(bytesPerWeek)} a week, until sets are removed`],
        ['kept as configured', `${setsKept} sets, ${size(bytesKept)}`],
      ],
    ],
  ];
}

function size(bytes: number): string {
  const exponent = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** exponent).toFixed(1))} ${['B', 'kB', 'MB', 'GB', 'TB'][exponent] ?? ''}`;
}

/** Columns as wide as their widest cell; the last one is as long as it likes. */
function table(rows: Rows): string {
  const widths: number[] = [];
  for (const row of rows) row.slice(0, -1).forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  const line = (row: readonly string[]): string => row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join('  ');
  return rows.map((row) => `  ${line(row)}\n`).join('');
}
