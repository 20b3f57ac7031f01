import { inBytes, inCount, inSeconds, inTimes } from './figures.ts';
import { type Comparison, medianOf, type Results, self, type Series, seriesNamed } from './results.ts';
import { ratio } from './statistics.ts';

const [width, left, right, row, gap] = [880, 226, 130, 22, 40];
const longest = width - left - right;
const colours = { own: '#0f766e', reference: '#475569', other: '#a3b1c2', text: '#0f172a', quiet: '#64748b', background: '#ffffff', line: '#e2e8f0' };

const attributes = `role="img" aria-labelledby="title description" font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" font-size="13"`;

type Bar = { name: string; seconds: number; times: number; colour: string };
type Group = { label: string; bars: readonly Bar[] };

/** results.svg: one group of bars for each step, each group on its own scale; static, and readable by a screen reader. */
export function chart(results: Results): string {
  const groups = [...groupsOf(results.files), ...groupsOf(results.mongodb)];
  const head = 92;
  const height = head + groups.reduce((sum, { bars }) => sum + gap + bars.length * row, 0) + 16;
  let top = head;
  const drawn = groups.map((group) => {
    const text = drawGroup(group, top);
    top += gap + group.bars.length * row;
    return text;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${attributes}>`,
    `<title id="title">${escape(title(results))}</title>`,
    `<desc id="description">${escape(describe(groups))}</desc>`,
    `<rect width="${width}" height="${height}" rx="10" fill="${colours.background}" stroke="${colours.line}"/>`,
    text(24, 36, title(results), { size: 17, weight: 600 }),
    text(24, 58, subtitle(results), { fill: colours.quiet }),
    text(24, 77, 'Seconds, shorter is better; × against restic, for MongoDB against mongodump. Each group has its own scale.', { fill: colours.quiet }),
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

const title = ({ quick }: Results): string => `lifeboat beside restic, borg and tar | gpg${quick ? ', a quick run: too small to mean much' : ''}`;

const subtitle = ({ files, mongodb, rounds, cores, loadBefore, loadAfter, date }: Results): string =>
  [
    `${inBytes(files.bytes)} in ${inCount(files.count)} files`,
    `MongoDB with ${inCount(mongodb.documents)} documents`,
    `medians of ${rounds}`,
    `${cores} cores, load ${loadBefore.toFixed(1)} to ${loadAfter.toFixed(1)}`,
    date,
  ].join('; ');

function groupsOf(table: Comparison): Group[] {
  const reference = seriesNamed(table, table.reference);
  const colour = (series: Series): string => (series.name === self ? colours.own : series === reference ? colours.reference : colours.other);
  return table.steps.map(({ id, label }) => ({
    label: label.charAt(0).toUpperCase() + label.slice(1),
    bars: table.series.map((series) => ({
      name: series.name,
      seconds: medianOf(series, id),
      times: ratio(medianOf(series, id), medianOf(reference, id)),
      colour: colour(series),
    })),
  }));
}

function drawGroup({ label, bars }: Group, top: number): string {
  const slowest = Math.max(...bars.map(({ seconds }) => seconds));
  const lines = bars.map(({ name, seconds, times, colour }, index) => {
    const y = top + 30 + index * row;
    const bar = Math.max(2, (seconds / slowest) * longest);
    const weight = name === self ? 600 : 400;
    return [
      text(left - 10, y + 12, name, { anchor: 'end', weight }),
      `<rect x="${left}" y="${y}" width="${bar.toFixed(1)}" height="${row - 6}" rx="3" fill="${colour}"/>`,
      text(left + bar + 8, y + 12, `${inSeconds(seconds)} s · ${inTimes(times)}×`, { weight }),
    ].join('\n');
  });
  return [text(24, top + 20, label, { weight: 600 }), ...lines].join('\n');
}

type Style = { size?: number; weight?: number; fill?: string; anchor?: 'end' };

function text(x: number, y: number, content: string, { size, weight, fill = colours.text, anchor }: Style): string {
  const values = { x: x.toFixed(1), y: y.toFixed(1), fill, 'font-size': size, 'font-weight': weight, 'text-anchor': anchor };
  const written = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${value}"`]));
  return `<text ${written.join(' ')}>${escape(content)}</text>`;
}

const describe = (groups: readonly Group[]): string =>
  groups.map(({ label, bars }) => `${label}: ${bars.map(({ name, seconds }) => `${name} ${inSeconds(seconds)} seconds`).join(', ')}.`).join(' ');

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (content: string): string => content.replace(/[&<>"]/g, (character) => entities[character] ?? character);
