import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startRetention, type Settings } from './driver.ts';
import { DAY, Host, HOUR } from './host.ts';
import { expectPromisesKept } from './promise.ts';
import { runDays, scenario, type Event, type Plan, type Week } from './scenario.ts';
import { entries, idAt, writeSet } from './sets.ts';

/** Everything that a simulated host needs, and nothing of it left behind. */
async function withHost(use: (life: Life) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeboat-retention-'));
  const retention = startRetention(directory);
  try {
    await use(new Life(new Host(directory), retention));
  } finally {
    retention.stop();
    rmSync(directory, { recursive: true });
  }
}

class Life {
  readonly foreign = new Set<string>();
  readonly inUse = new Map<string, string>();
  removed = 0;
  doubts = 0;

  constructor(
    readonly host: Host,
    private readonly retention: ReturnType<typeof startRetention>,
  ) {}

  async prune(settings: Settings): Promise<void> {
    const { host } = this;
    const before = new Map(host.sets);
    const answer = await this.retention.call('prune_sets', host.clock, settings);
    host.look();
    expectPromisesKept({ before, after: host.sets, now: host.clock, settings, inUse: new Set(this.inUse.keys()), answer });
    const there = entries(host.directory);
    expect([...this.foreign].filter((name) => !there.has(name)), 'foreign things are untouched').toEqual([]);
    expect([...this.inUse.keys()].filter((id) => !host.sets.has(id)), 'what is in use stays').toEqual([]);
    this.removed += before.size - host.sets.size;
    this.doubts += answer.doubt === '' ? 0 : 1;
  }

  /** A file, a folder and two sets that others made; one of them says that it needs a set of ours. */
  addForeign(): void {
    const { directory, time, offset } = this.host;
    const base = time + offset - 300 * DAY;
    const other = (id: string, changes: Record<string, unknown>) => {
      if (entries(directory).has(id)) return;
      writeSet(directory, { id, type: 'full', ended: base, replicaSetId: 'other', parent: null, base: { t: base, i: 1 } }, changes);
      this.foreign.add(id);
    };
    other(idAt(base), { application: 'another' });
    other(idAt(base + 1), { environment: 'staging' });
    other(idAt(base + 2), { format: 3 });
    other(idAt(base + 3), { type: 'snapshot' });
    for (const name of ['lost+found', `${idAt(base)}.old`, `x${idAt(base)}`]) {
      mkdirSync(join(directory, name), { recursive: true });
      writeFileSync(join(directory, name, 'manifest.json'), '{"id":');
      this.foreign.add(name);
    }
  }

  markInUse(id: string): void {
    const marks = join(this.host.directory, '.state/in-use');
    mkdirSync(marks, { recursive: true });
    const mark = join(marks, `${id}.${process.pid}`);
    writeFileSync(mark, '');
    this.inUse.set(id, mark);
  }

  releaseAll(): void {
    for (const mark of this.inUse.values()) rmSync(mark);
    this.inUse.clear();
  }
}

function happen(life: Life, event: Event): Partial<Settings> {
  const { host } = life;
  const chosen = (at: number): string | undefined => [...host.sets.keys()].sort()[Math.floor(at * host.sets.size)];
  host.oplogReach = 30 * DAY;
  life.releaseAll();
  switch (event.kind) {
    case 'nothing':
      break;
    case 'off':
      host.time += event.days * DAY;
      break;
    case 'short oplog':
      host.oplogReach = event.hours * HOUR;
      break;
    case 'server restored':
      host.server = `server ${host.time}`;
      break;
    case 'clock step':
      host.offset += event.hours * HOUR;
      break;
    case 'clock jump':
      host.offset += event.days * DAY;
      break;
    case 'clock right':
      host.offset = 0;
      if (event.moveAway) for (const { id, ended } of [...host.sets.values()]) if (ended > host.clock) host.remove(id);
      break;
    case 'new settings':
      return event.settings;
    case 'set lost': {
      const id = chosen(event.at);
      if (id !== undefined) host.remove(id);
      break;
    }
    case 'twin': {
      const set = host.sets.get(chosen(event.at) ?? '');
      const id = set && idAt(set.ended + 1);
      if (set && id !== undefined && !entries(host.directory).has(id)) host.add({ ...set, id, ended: set.ended + 1 });
      break;
    }
    case 'in use': {
      const id = chosen(event.at);
      if (id !== undefined) life.markInUse(id);
      break;
    }
    case 'foreign':
      life.addForeign();
      break;
  }
  return {};
}

async function live(life: Life, plan: Plan, weeks: readonly Week[], first: Settings): Promise<void> {
  let settings = first;
  for (const week of weeks) {
    settings = { ...settings, ...happen(life, week.event) };
    await runDays(life.host, plan, week, 0, 7, async () => {
      if (week.pruneMidweek && week.luck % 3 === life.host.sets.size % 3) await life.prune(settings);
    });
    await life.prune(settings);
  }
}

describe('retention', () => {
  // LIFEBOAT_RUNS asks for more than these.
  it.each([
    { weeks: 104, runs: 1 },
    { weeks: 26, runs: 2 },
  ])('keeps its promises through $weeks weeks of anything', async ({ weeks, runs }) => {
    let removed = 0;
    await fc.assert(
      fc.asyncProperty(scenario(weeks), ({ plan, settings, weeks: drawn }) =>
        withHost(async (life) => {
          await live(life, plan, drawn, settings);
          removed += life.removed;
        }),
      ),
      { numRuns: Number(process.env['LIFEBOAT_RUNS'] ?? runs), endOnFailure: true },
    );
    expect(removed).toBeGreaterThan(0);
  });

  it('keeps what the schedule of the guide implies, and no more', async () => {
    await withHost(async (life) => {
      const { host } = life;
      const settings = { full: 28 * DAY, incremental: 30 * DAY, database: 7 * DAY, config: 90 * DAY, longestPause: 6 * HOUR };
      for (let week = 0; week < 20; week++) {
        await runDays(host, { full: 168, incremental: 24, database: 6, config: 0 }, { failing: 0, luck: 1 }, 0, 7, () => Promise.resolve());
        await life.prune(settings);
        const count = (type: string) => [...host.sets.values()].filter((set) => set.type === type).length;
        expect(count('full')).toBeLessThanOrEqual(6);
        expect(count('incremental')).toBeLessThanOrEqual(38);
        expect(count('database')).toBeLessThanOrEqual(32);
      }
      expect(host.sets.size).toBeGreaterThan(6 + 30 + 28 - 3);
      expect(life.doubts).toBe(0);
    });
  });
});
