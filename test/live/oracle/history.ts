import { setTimeout as sleep } from 'node:timers/promises';
import type { MongoClient, Timestamp } from 'mongodb';
import { type Manifest, manifestOf, setsOf } from '../support/manifest.ts';
import type { World } from '../support/world.ts';
import { collections } from './actors-collections.ts';
import { accounts, expiring, series } from './actors-others.ts';
import { capped, rows, uniqueKeys } from './actors-rows.ts';
import { largeTransactions, transactions } from './actors-transactions.ts';
import { differences } from './compare.ts';
import { observe } from './observe.ts';
import { before, type Stamp, toStamp } from './stamp.ts';
import { Writer } from './writer.ts';

export type Slice = { first: Stamp; last: Stamp };
/** A set with the ranges of the oplog that it holds. */
export type Kept = { id: string; type: string; parent: string | null; base?: Slice; slice?: Slice; bridge?: Slice & { follows: string } };

export const startWriter = (world: World): Promise<Writer> => Writer.start(world.mongodb.uri, [
  { actor: rows, pause: 120 },
  { actor: uniqueKeys, pause: 200 },
  { actor: capped, pause: 400 },
  { actor: transactions('quick', 6, 5), pause: 250 },
  { actor: transactions('many', 40, 20), pause: 1500 },
  { actor: transactions('patient', 4, 1500), pause: 10 },
  { actor: transactions('relay', 4, 1100), pause: 10 },
  { actor: transactions('steady', 4, 2300), pause: 10 },
  { actor: largeTransactions(6), pause: 25_000 },
  { actor: collections, pause: 250 },
  { actor: series, pause: 250 },
  { actor: accounts, pause: 900 },
  { actor: expiring, pause: 500 },
]);

/** Ends the writer, and checks that the journal tells exactly what the server it was kept of holds now. */
export async function finish(world: World, writer: Writer): Promise<void> {
  await writer.client.db('admin').command({ setParameter: 1, ttlMonitorEnabled: false });
  const end = { t: 2 ** 32 - 1, i: 0 };
  await writer.quiet();
  let told: string[] = [];
  for (let tries = 0; tries < 600; tries += 1) {
    told = differences(writer.journal.expectation(end), await world.withMongo(observe));
    if (told.length === 0) break;
    await sleep(100); // the last expiries may still have to be told
  }
  await writer.end();
  if (told.length > 0) throw new Error(`the journal is not what the server holds:\n${told.join('\n')}`);
}

export async function keptSets(world: World): Promise<Kept[]> {
  return Promise.all((await setsOf(world)).map(async (set) => kept(await manifestOf(world, set))));
}

function kept({ id, type, parent, components }: Manifest & { parent?: string | null }): Kept {
  const range = (component: string): Slice | undefined => {
    const details = components[component]?.details as (Slice & { oplog?: Slice }) | undefined;
    return details?.oplog ?? (details?.first === undefined ? undefined : details);
  };
  const [base, slice, bridge] = [range('mongodb'), range('oplog'), range('bridge') as Kept['bridge']];
  return { id, type, parent: parent ?? null, ...(base && { base }), ...(slice && { slice }), ...(bridge && { bridge }) };
}

export const endOf = ({ base, slice }: Kept): Stamp => {
  const last = (slice ?? base)?.last;
  if (last === undefined) throw new Error('the set holds no MongoDB');
  return last;
};

/** The stamps of all entries of the live oplog, in order; only they are taken from it, never what was written. */
export async function stampsOfOplog(client: MongoClient, filter: Record<string, unknown> = {}): Promise<Stamp[]> {
  const entries = await client.db('local').collection<{ ts: Timestamp }>('oplog.rs').find(filter, { projection: { ts: 1 } }).sort({ $natural: 1 }).toArray();
  return entries.map(({ ts }) => toStamp(ts));
}

export const nextOf = (stamps: readonly Stamp[], after: Stamp): Stamp | undefined => stamps.find((stamp) => before(after, stamp));
