import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startRetention, type Settings } from './driver.ts';
import { DAY, Host } from './host.ts';
import { runDays, scenario } from './scenario.ts';

const guide: Settings = { full: 28 * DAY, incremental: 30 * DAY, database: 7 * DAY, config: 90 * DAY, longestPause: 31 * DAY };

async function withHost(use: (host: Host, decide: (now: number, settings: Settings) => ReturnType<ReturnType<typeof startRetention>['call']>) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeboat-until-'));
  const retention = startRetention(directory);
  try {
    await use(new Host(directory), (now, settings) => retention.call('decide_retention', now, settings));
  } finally {
    retention.stop();
    rmSync(directory, { recursive: true });
  }
}

describe('until when a set is kept', () => {
  it('is its own time, that of the sets that need it, and open for what the next set decides', async () => {
    await withHost(async (host, decide) => {
      const at = new Map<string, number>();
      for (const [type, days] of [['full', 7], ['incremental', 7], ['full', 1]] as const) {
        const set = host.backup(type);
        at.set(`${type} ${at.size}`, set?.ended ?? 0);
        host.time += days * DAY;
      }
      const { decisions } = await decide(host.clock, guide);
      const child = (at.get('incremental 1') ?? 0) + 30 * DAY;
      const newest = at.get('full 2') ?? 0;
      expect(decisions.map(({ retention }) => [retention.until, retention.open])).toEqual([
        [Math.max(child, newest + 30 * DAY), false], // what bridges from the old chain to the new one needs it as long as a moment is promised
        [Math.max(child, newest + 30 * DAY), false],
        [newest + 30 * DAY, true], // it bridges too
      ]);
    });
  });

  it('is kept to the second, where no new set comes', async () => {
    let ended = 0;
    await fc.assert(
      fc.asyncProperty(scenario(6), async ({ plan, settings, weeks }) =>
        withHost(async (host, decide) => {
          // A clock that is believed after any pause, so that nothing but the time decides.
          const calm = { ...settings, longestPause: 1000 * DAY };
          for (const week of weeks) await runDays(host, plan, week, 0, 7, () => Promise.resolve());
          const { decisions } = await decide(host.clock, calm);
          const closed = decisions.filter(({ retention }) => retention.keep && retention.until !== null && !retention.open);
          for (const { id, retention } of closed.filter((_, index) => index % Math.ceil(closed.length / 6) === 0)) {
            const until = retention.until ?? 0;
            const kept = async (now: number): Promise<boolean | undefined> => (await decide(now, calm)).decisions.find((other) => other.id === id)?.retention.keep;
            expect([id, await kept(until), await kept(until + 1)]).toEqual([id, true, false]);
            ended++;
          }
          const open = decisions.filter(({ retention }) => retention.open);
          for (const { id, retention } of open.slice(0, 2)) {
            const later = await decide((retention.until ?? 0) + 400 * DAY, calm);
            expect([id, later.decisions.find((other) => other.id === id)?.retention.keep]).toEqual([id, true]);
          }
        }),
      ),
      { numRuns: 8, endOnFailure: true },
    );
    expect(ended).toBeGreaterThan(15);
  });
});
