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
  const { jobs, nextRuns, recoveryPoint, recoveryTime, places, timeZone, scheduler } = explanation;
  return [
    [`When (${timeZone}), by ${scheduler}`, jobs.map(({ type, schedule, words, command }) => [type, schedule, words, command])],
    [`Next runs (${timeZone})`, nextRuns.map(({ time, type, left }) => [time, type, left])],
    ['Each set holds, and builds on', jobs.map(({ type, captures, buildsOn }) => [type, captures.join(', '), buildsOn])],
    ['From', componentRows(explanation)],
    ['Kept', lifetimeRows(explanation)],
    [
      'Most that can be lost',
      recoveryPoint.map(({ data, computed, objective, met }) => [data, computed, `objective: ${objective}`, met ? 'met' : 'MISSED']),
    ],
    ...databaseSections(explanation),
    ['Longest outage, as objective', outages.map(([field, words]) => [words, inWords(toSeconds(recoveryTime[field]))])],
    ['Where', Object.entries(places)],
    ...locationsSection(explanation),
    ['A restore stops and starts', serviceRows(explanation)],
    ...storageSection(explanation),
  ];
}

function lifetimeRows({ lifetimes }: Explanation): Rows {
  return lifetimes.map(({ type, asked, kept, reason }) => [
    type,
    `asked: ${inWords(asked)}`,
    kept > asked ? `really: up to ${inWords(kept)}` : 'really: the same',
    kept > asked ? reason : type === 'config' ? 'the newest one stays whatever its age' : 'nothing needs it longer',
  ]);
}

function databaseSections({ window, oplog }: Explanation): (readonly [string, Rows])[] {
  if (!window || !oplog) return [];
  const enough = oplog.reach < oplog.gap ? 'TOO SMALL' : oplog.reach < oplog.wanted ? 'without reserve' : 'enough';
  return [
    [
      'MongoDB can be restored to any second',
      [
        ['from', `at least ${inWords(window.atLeast)} ago, once that much has been captured`],
        ['to', `the newest set, at most ${inWords(window.newest)} ago`],
      ],
    ],
    [
      'Oplog',
      [
        ['reaches back', inWords(oplog.reach), `${oplog.oplogSize} at ${oplog.oplogGrowthPerHour} an hour`, enough],
        ['must reach', inWords(oplog.gap), 'from one capture to the next: else the chain breaks'],
        ['should reach', inWords(oplog.wanted), `over a failed capture, and from one incremental set to the next: ${oplog.gigabytes}GB`],
      ],
    ],
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

function locationsSection({ locations, lifetimes }: Explanation): (readonly [string, Rows])[] {
  if (locations.length === 0) return [];
  const rows = locations.flatMap((location) => [
    [location.name, location.enabled ? `${location.kind}, ${location.place}` : `${location.kind}, ${location.place} (switched off; REMOTE_ENABLED=true switches it on)`],
    ...(location.latest === undefined ? [] : [['', `the newest chain once more in ${location.latest}`]]),
    ['', location.encrypted ? 'encrypted' : 'NOT ENCRYPTED'],
    ['', `kept: ${keptWords(location.lifetimes, lifetimes)}; ${location.pruned ? 'backup.sh removes what is older' : 'nothing is removed but by "backup.sh --prune --remote"'}`],
    ...(location.bytes === undefined ? [] : [['', `${size(location.bytes)} at the most${location.pruned ? '' : ', if what is older is removed'}`]]),
  ]);
  return [['Remotes', rows]];
}

/** How long each type is kept at a remote; short where that is as long as here. */
function keptWords(there: Explanation['lifetimes'], here: Explanation['lifetimes']): string {
  const same = there.every(({ kept }, index) => kept === here[index]?.kept);
  return same ? 'as long as here' : there.map(({ type, kept }) => `${type} ${inWords(kept)}`).join(', ');
}

function storageSection({ storage }: Explanation): (readonly [string, Rows])[] {
  if (!storage) return [];
  const { setBytes, sliceBytesPerDay, changeBytes, slicesAssumed, types, bytes } = storage;
  const slices = `${size(sliceBytesPerDay)} of oplog a day${slicesAssumed ? ' (assumed: busy all day, uncompressed; see --slice-size-per-day)' : ''}`;
  const changes = changeBytes > 0 ? size(changeBytes) : 'nothing (see --change-size)';
  return [
    [
      'Storage, at the most',
      [
        ...types.map(({ type, sets, bytes: each }) => [type, `${sets} sets`, size(each)]),
        ['all', `${types.reduce((sum, { sets }) => sum + sets, 0)} sets`, size(bytes)],
      ],
    ],
    ['Storage counts', [['a full set', size(setBytes)], ...(sliceBytesPerDay > 0 ? [['slices', slices]] : []), ['Redis and changed files of an incremental set', changes]]],
  ];
}

function size(bytes: number): string {
  if (bytes === 0) return '0 B';
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
