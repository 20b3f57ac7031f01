import { describe, expect, it } from 'vitest';
import { chart } from '../../bench/chart.ts';
import { report } from '../../bench/report.ts';
import type { Results, Series } from '../../bench/results.ts';

const steps = [{ id: 'first', label: 'first backup' }, { id: 'changed', label: '1 % of the files changed' }, { id: 'verify', label: 'verify' }, { id: 'restore', label: 'restore' }];
const series = (name: string, seconds: Series['seconds'], every?: string): Series =>
  ({ name, how: { first: `${name} one`, changed: `${name} two`, verify: `${name} check`, restore: `${name} two` }, seconds, stored: [2e6, 3e6, 1e6], ...(every === undefined ? {} : { every }) });

const files = {
  reference: 'restic',
  steps,
  series: [
    series('lifeboat', { first: [6, 5, 7], changed: [0.5, 0.4, 0.6], verify: [2, 2, 2], restore: [12, 14, 13] }),
    series('restic', { first: [12, 10, 11], changed: [5, 4, 6], verify: [4, 4, 4], restore: [10, 9, 11] }),
    series('tar <czf> | "gpg" &', { changed: [40, 44, 41], verify: [9, 9, 9], restore: [20, 21, 22] }, 'changed'),
  ],
  bytes: 1e9, count: 40_000, changed: 400,
};

const results: Results = {
  quick: false, date: '2026-01-04', rounds: 3, tookSeconds: 400, machine: { processor: '2 × Test' }, loadBefore: 0.2, loadAfter: 1.4, cores: 2, versions: { restic: '0.19.1' },
  files,
  mongodb: { reference: 'restic', steps: steps.slice(0, 1), series: files.series.slice(0, 2), bytes: 1e8, documents: 100_000, changed: 1000 },
  memory: [{ name: 'lifeboat', step: 'first backup', size: 1e9, bytes: 90e6 }, { name: 'lifeboat', step: 'first backup', size: 4e9, bytes: 91e6 }],
};

describe('the page of the results', () => {
  const page = report(results);

  it('holds medians and ratios against the reference', () => {
    expect(page).toContain('| | lifeboat | restic | tar <czf> \\| "gpg" & |');
    expect(page).toContain('| first backup | 6.00 (0.55) | 11.0 | 41.0\\* (3.73) |');
    expect(page).toContain('| stored after all steps | 2.0 MB | 2.0 MB | 2.0 MB |');
    expect(page).toContain('| first backup: lifeboat | 1.0 GB | 90.0 MB | 4.0 GB | 91.0 MB |');
  });

  it('names each command once', () => {
    expect(page).toContain('- lifeboat: `lifeboat one` (first backup), `lifeboat two` (1 % of the files changed, restore), `lifeboat check` (verify)');
  });

  it('says where lifeboat is the slower one, and which targets were missed', () => {
    expect(page).toContain('lifeboat was **slower than restic** in: restore.');
    expect(page).toContain("- first backup: 0.40 of restic's time for that and its \"verify\", the target is at most 0.6: reached");
    expect(page).toContain("- 1 % of the files changed: 0.10 of restic's time, the target is at most 0.2: reached");
    expect(page).toContain("- restore: 1.30 of restic's time, the target is less than 1: **missed**");
  });

  it('says when a run was quick, and when the machine was busy', () => {
    expect(page).not.toMatch(/quick run|other work/);
    expect(report({ ...results, quick: true })).toContain('**A quick run**');
    expect(report({ ...results, loadBefore: 1.7 })).toContain('other work');
    expect(report({ ...results, loadAfter: 9 })).toContain('other work');
  });
});

describe('the picture of the results', () => {
  const picture = chart(results);

  it('is well-formed, static, and has a title and a description', () => {
    expect(unclosed(picture)).toEqual([]);
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]* role="img" aria-labelledby="title description"/);
    expect(picture).toContain('<title id="title">');
    expect(picture).toMatch(/<desc id="description">First backup: lifeboat 6\.00 seconds, restic 11\.0 seconds/);
    expect(picture).not.toMatch(/<script|href=|\son\w+=|NaN|undefined/);
  });

  it('escapes what stands in it', () => {
    expect(picture).toContain('tar &lt;czf&gt; | &quot;gpg&quot; &amp;');
    expect(unclosed(picture.replaceAll('&lt;', '<'))).not.toEqual([]);
  });

  it('draws the slowest of a group as the longest bar, and the others in proportion', () => {
    const bars = [...picture.matchAll(/height="16" rx="3" fill|width="([\d.]+)" height="16"/g)].flatMap(([, width]) => (width === undefined ? [] : [Number(width)]));
    const [lifeboat = 0, restic = 0, archive = 0] = bars;
    expect(bars).toHaveLength(14);
    expect(lifeboat / archive).toBeCloseTo(6 / 41, 2);
    expect(restic / archive).toBeCloseTo(11 / 41, 2);
  });
});

/** What keeps a text from being XML: tags that do not match, attributes without quotes, characters that are not escaped. */
function unclosed(text: string): string[] {
  const problems: string[] = [];
  const open: string[] = [];
  const rest = text.replace(/<(\/?)(\w+)((?:\s[\w:-]+="[^"<]*")*)(\/?)>/g, (_, closing: string, name: string, __, empty: string) => {
    if (closing === '/' && open.pop() !== name) problems.push(`</${name}>`);
    if (closing === '' && empty === '') open.push(name);
    return '';
  });
  return [...problems, ...open, ...(/[<>]|&(?!amp;|lt;|gt;|quot;)/.exec(rest) ?? [])];
}
