import { type ChangeStream, type ClientSession, type Collection, type Db, type Document, type MongoClient, MongoError, type Timestamp } from 'mongodb';
import type { Change, Journal, State } from './journal.ts';
import { changesBetween, digestOf, idOf, observeDatabase } from './observe.ts';
import { operationTime, type Stamp, toStamp } from './stamp.ts';

type Work = (session: ClientSession) => Promise<unknown>;
export type Row = { _id: number } & Document;

/** One session that writes, and notes each write with its cluster time. No other hand writes to the same namespaces. */
export class Hand {
  readonly session: ClientSession;
  /** What the server tells of its own accord. */
  readonly streams: ChangeStream<Row>[] = [];

  constructor(readonly client: MongoClient, readonly journal: Journal) {
    this.session = client.startSession();
  }

  rows(namespace: string): Collection<Row> {
    const dot = namespace.indexOf('.');
    return this.client.db(namespace.slice(0, dot)).collection<Row>(namespace.slice(dot + 1));
  }

  now(): Stamp {
    return operationTime(this.session);
  }

  /** A write that is one entry of the oplog. */
  async write(what: string, changes: readonly Change[], work: Work): Promise<void> {
    await work(this.session);
    this.journal.record(what, this.now(), changes);
  }

  put(namespace: string, row: Row): Promise<void> {
    return this.write(`insert ${row._id}`, [putChange(namespace, row)], (session) => this.rows(namespace).insertOne(row, { session }));
  }

  remove(namespace: string, id: number): Promise<void> {
    return this.write(`delete ${id}`, [removeChange(namespace, id)], (session) => this.rows(namespace).deleteOne({ _id: id }, { session }));
  }

  /** A transaction is told at the time of its commit. */
  async transaction(what: string, changes: readonly Change[], begin: Work, goOn: Work = () => Promise.resolve()): Promise<void> {
    let opened = await this.#commit(begin, goOn);
    while (opened === undefined) opened = await this.#commit(begin, goOn);
    this.journal.record(what, this.now(), changes);
    this.journal.transactions.push({ what, opened: toStamp(opened), at: this.now() });
  }

  /** When it was open, or undefined where a busy server has asked for it to be tried again. */
  async #commit(begin: Work, goOn: Work): Promise<Timestamp | undefined> {
    this.session.startTransaction();
    try {
      await begin(this.session);
      const { operationTime: opened } = (await this.client.db('admin').command({ ping: 1 })) as { operationTime: Timestamp };
      await goOn(this.session);
      await this.session.commitTransaction();
      return opened;
    } catch (error) {
      if (!(error instanceof MongoError && error.hasErrorLabel('TransientTransactionError'))) throw error;
      await this.session.abortTransaction().catch(() => undefined);
      return undefined;
    }
  }

  /** A write that is several entries of the oplog, with its effect somewhere among them. */
  async writeSpan(what: string, changes: readonly Change[], work: Work): Promise<void> {
    await this.client.db('admin').command({ ping: 1 }, { session: this.session });
    const from = this.now();
    await work(this.session);
    this.journal.recordSpan(what, from, this.now(), changes);
  }

  /** What an actor needs before anybody writes. */
  prepare(database: string, work: (db: Db) => Promise<unknown>): Promise<void> {
    const db = this.client.db(database);
    return this.reshape(`prepare ${database}`, [db], false, () => work(db));
  }

  /** A command on whole collections: what it made of these databases is looked up afterwards. `single` promises one entry. */
  async reshape(what: string, dbs: readonly Db[], single: boolean, work: Work): Promise<void> {
    const was = await observeAll(dbs);
    await this.client.db('admin').command({ ping: 1 }, { session: this.session });
    const from = this.now();
    await work(this.session);
    const at = this.now();
    const changes = changesBetween(was, await observeAll(dbs));
    if (single) this.journal.record(what, at, changes);
    else this.journal.recordSpan(what, from, at, changes);
  }

  async end(): Promise<void> {
    await Promise.all(this.streams.map((stream) => stream.close()));
    await this.session.endSession();
  }
}

async function observeAll(dbs: readonly Db[]): Promise<State> {
  const states = await Promise.all(dbs.map(observeDatabase));
  return new Map(states.flatMap((state) => [...state]));
}

export const putChange = (namespace: string, row: Row, keepLast?: number): Change =>
  ({ kind: 'put', namespace, id: idOf(row._id), digest: digestOf(row), ...(keepLast === undefined ? {} : { keepLast }) });
export const removeChange = (namespace: string, id: number): Change => ({ kind: 'remove', namespace, id: idOf(id) });
