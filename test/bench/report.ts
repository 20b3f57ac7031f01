import { inBytes, inCount, inSeconds, inTimes } from './figures.ts';
import { type Comparison, medianOf, type Peak, type Results, self, type Series, seriesNamed } from './results.ts';
import { median, ratio, spread } from './statistics.ts';

/** What was hoped for, as a part of the reference's time; a first backup has been read back, so that of restic is held with its check. */
const targets: Readonly<Record<string, { least: number; beside?: string }>> = {
  first: { least: 0.6, beside: 'verify' },
  unchanged: { least: 0.12 },
  changed: { least: 0.2 },
  verify: { least: 1 },
  restore: { least: 1 },
};

/** results.md: one page that says what was measured, where, and what came out, also where it is unfavourable. */
export function report(results: Results): string {
  const { files, mongodb } = results;
  const sections = [
    '# Benchmark',
    '<!-- Written by `npm run bench`; do not edit. -->',
    ...(results.quick ? ['**A quick run**: at these sizes every program mostly starts up. It shows that the benchmark works, and little else.'] : []),
    introduction(results),
    '![Bars: the same times as in the tables](results.svg)',
    '## Files',
    `${inBytes(files.bytes)} in ${inCount(files.count)} files: text, photographs that do not compress, a few large files.
For "1 % changed" ${inCount(files.changed)} files are rewritten. In brackets: the part of restic's time.`,
    comparison(files),
    verdict(files),
    '## MongoDB',
    `${inCount(mongodb.documents)} documents, ${inBytes(mongodb.bytes)}, four collections; for "1 % changed" ${inCount(mongodb.changed)} are changed.
In brackets: the part of the time of \`${mongodb.reference}\`.`,
    comparison(mongodb),
    "lifeboat's times are of the whole script: its checks, the counts of every collection, and reading back what it wrote are among them.",
    '## Memory',
    'The most that a program and everything it started held at one time: resident sets added up, so that shared pages count more than once.',
    memory(results.memory),
    '## How',
    how(results),
  ];
  return `${sections.join('\n\n')}\n`;
}

function introduction({ date, rounds, tookSeconds, machine, loadBefore, loadAfter, cores, versions }: Results): string {
  const busy = loadBefore > cores / 4 || loadAfter > cores * 2 ? ' **The machine had other work at that time: ratios say more than seconds, and neither says much about small differences.**' : '';
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`).join('; ');
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ');
  return [
    `Each figure is the median of ${rounds} runs on ${date}, in seconds of wall clock, of one benchmark that took ${inCount(tookSeconds)} s.`,
    `Machine: ${facts}. Load before the first measurement ${loadBefore.toFixed(2)}, after the last ${loadAfter.toFixed(2)}, on ${cores} cores.${busy}`,
    `Programs: ${programs}.`,
  ].join('\n');
}

function comparison(table: Comparison): string {
  const reference = seriesNamed(table, table.reference);
  const rows = table.steps.map(({ id, label }) => [label, ...table.series.map((series) => time(series, reference, id))]);
  const stored = ['stored after all steps', ...table.series.map((series) => inBytes(median(series.stored)))];
  return markdown(['', ...table.series.map(({ name }) => name)], [...rows, stored]);
}

function time(series: Series, reference: Series, step: string): string {
  const seconds = medianOf(series, step);
  const whole = series.seconds[step] === undefined ? '\\*' : '';
  const times = series === reference ? '' : ` (${inTimes(ratio(seconds, medianOf(reference, step)))})`;
  return `${inSeconds(seconds)}${whole}${times}`;
}

/** In words: which targets were reached, and where lifeboat was the slower one. */
function verdict(table: Comparison): string {
  const [own, reference] = [seriesNamed(table, self), seriesNamed(table, table.reference)];
  const label = (wanted: string): string => table.steps.find(({ id }) => id === wanted)?.label ?? wanted;
  const found = table.steps.map((step) => ({ ...step, times: ratio(medianOf(own, step.id), medianOf(reference, step.id)) }));
  const reached = table.steps.flatMap((step) => {
    const target = targets[step.id];
    if (target === undefined) return [];
    const { least, beside } = target;
    const theirs = medianOf(reference, step.id) + (beside === undefined ? 0 : medianOf(reference, beside));
    const times = ratio(medianOf(own, step.id), theirs);
    const whose = `${table.reference}'s time${beside === undefined ? '' : ` for that and its "${label(beside)}"`}`;
    const isReached = least === 1 ? times < 1 : times <= least;
    return [`- ${step.label}: ${inTimes(times)} of ${whose}, the target is ${least === 1 ? 'less than 1' : `at most ${least}`}: ${isReached ? 'reached' : '**missed**'}`];
  });
  const slower = found.filter(({ times }) => times > 1).map(({ label }) => label);
  const widest = Math.max(...table.steps.map(({ id }) => Math.max(...[own, reference].map(({ seconds }) => spread(seconds[id] ?? [1])))));
  return [
    slower.length === 0 ? 'lifeboat was slower than restic in no step.' : `lifeboat was **slower than restic** in: ${slower.join(', ')}.`,
    ` Between the runs of one step the times of the two lay up to ${Math.round(widest * 100)} % apart.\n\n`,
    reached.join('\n'),
  ].join('');
}

function memory(peaks: readonly Peak[]): string {
  const key = ({ name, step, size }: Peak): string => `${step}: ${name}${size === undefined ? ', tiny files' : ''}`;
  const rows = [...new Set(peaks.map(key))].map((label) => {
    const own = peaks.filter((peak) => key(peak) === label);
    return [label, ...own.flatMap(({ size, files, bytes }) => [size === undefined ? `${inCount(files ?? 0)} files` : inBytes(size), inBytes(bytes)])];
  });
  return markdown(['', 'data', 'memory', 'data', 'memory'].slice(0, Math.max(...rows.map((row) => row.length))), rows);
}

function how({ files, mongodb }: Results): string {
  const called = [files, mongodb].flatMap(({ steps, series }) => series.map((one) => `- ${one.name}: ${commands(one, steps)}`));
  return [
    `In every round each program does each step, one program after the other, in an order that moves on from round to round;
before each run what is unwritten is synced. The tree is in the cache. Each restored tree is compared with the original, and a
difference ends the benchmark.`,
    '\\* does the whole work in every run: measured once in a round, after the change.',
    `All programs encrypt the files that they store, lifeboat with age; none encrypts its dump of MongoDB. What is not equal: lifeboat
reads back every set that it writes, the others do not. restic and borg find equal parts in different files and inside large ones,
and keep many versions in little space; lifeboat stores a changed file whole.`,
    called.join('\n'),
  ].join('\n\n');
}

/** Each command once, with the steps that it stands for. */
function commands({ how: called }: Series, steps: Comparison['steps']): string {
  const labels = (command: string): string => steps.filter(({ id }) => called[id] === command).map(({ label }) => label.replace('MongoDB: ', '')).join(', ');
  return [...new Set(Object.values(called))].map((command) => `\`${command}\` (${labels(command)})`).join(', ');
}

function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n').replaceAll('|  |', '| |');
}
