import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientSession, type Collection, MongoClient } from 'mongodb';

export const openingBalance = 1000;

/** The clerks of a branch share its accounts, its counter and its journal; those of the slow one leave their transactions open. */
type Branch = { name: string; first: number; accounts: number; clerks: number; milliseconds: number };
export const branches: readonly Branch[] = [
  { name: 'fast', first: 0, accounts: 20, clerks: 2, milliseconds: 0 },
  { name: 'slow', first: 20, accounts: 4, clerks: 1, milliseconds: 150 },
];

export type Entry = { _id: number; from: number; to: number; amount: number };
type Account = { _id: number; balance: number };
export type Books = { balances: Map<number, number>; journals: Record<string, Entry[]>; notes: Record<string, number[]> };

/**
 * Moves money between accounts. Each transfer is one transaction over four databases: two balances, the number of the transfer, its entry
 * in the branch's journal, and a note. A backup that cut one of them in two, or lost one in the middle, would show.
 */
export class Bank {
  readonly committed: Record<string, number> = { fast: 0, slow: 0 };
  #working = false;

  private constructor(readonly client: MongoClient) {}

  static async open(uri: string): Promise<Bank> {
    const bank = new Bank(await MongoClient.connect(uri));
    for (const { name, first, accounts } of branches) {
      await bank.#accounts.insertMany(Array.from({ length: accounts }, (_, index) => ({ _id: first + index, balance: openingBalance })));
      await bank.#counters.insertOne({ _id: name, value: 0 });
      await bank.#journal(name).createIndex({ from: 1, to: 1 });
      await bank.#notes(name).createIndex({ at: 1 });
    }
    return bank;
  }

  /** What the books say now. */
  async books(): Promise<Books> {
    const accounts = await this.#accounts.find().toArray();
    const journals = await Promise.all(branches.map(async ({ name }) => [name, await this.#journal(name).find().sort({ _id: 1 }).toArray()] as const));
    const notes = await Promise.all(branches.map(async ({ name }) => [name, (await this.#notes(name).find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id)] as const));
    return { balances: new Map(accounts.map(({ _id, balance }) => [_id, balance])), journals: Object.fromEntries(journals), notes: Object.fromEntries(notes) };
  }

  /** All clerks transfer money for as long as the given work takes. */
  async work(work: () => Promise<void>): Promise<void> {
    this.#working = true;
    const clerks = Promise.all(branches.flatMap((branch) => Array.from({ length: branch.clerks }, () => this.#clerk(branch))));
    await this.untilCommitted(20);
    await work().finally(() => { this.#working = false; });
    await clerks;
  }

  async untilCommitted(number: number): Promise<void> {
    while ((this.committed['fast'] ?? 0) < number) await sleep(10);
  }

  close(): Promise<void> {
    return this.client.close();
  }

  get #accounts(): Collection<Account> { return this.client.db('bank_a').collection('accounts'); }
  get #counters(): Collection<{ _id: string; value: number }> { return this.client.db('bank_k').collection('counters'); }
  #journal(branch: string): Collection<Entry> { return this.client.db('bank_z').collection(`journal_${branch}`); }
  #notes(branch: string): Collection<{ _id: number; at: Date }> { return this.client.db('bank_m').collection(`notes_${branch}`); }

  async #clerk(branch: Branch): Promise<void> {
    while (this.#working) {
      const number = await this.client.withSession((session) => session.withTransaction(() => this.#transfer(session, branch)));
      this.committed[branch.name] = Math.max(this.committed[branch.name] ?? 0, number);
    }
  }

  async #transfer(session: ClientSession, { name, first, accounts, milliseconds }: Branch): Promise<number> {
    const anyAccount = (): number => first + Math.floor(Math.random() * accounts);
    const [from, to, amount] = [anyAccount(), anyAccount(), 1 + Math.floor(Math.random() * 50)];
    await this.#accounts.updateOne({ _id: from }, { $inc: { balance: -amount } }, { session });
    await sleep(milliseconds);
    await this.#accounts.updateOne({ _id: to }, { $inc: { balance: amount } }, { session });
    const last = await this.#counters.findOneAndUpdate({ _id: name }, { $inc: { value: 1 } }, { session, returnDocument: 'after' });
    const number = last?.value ?? 0;
    await this.#journal(name).insertOne({ _id: number, from, to, amount }, { session });
    await this.#notes(name).insertOne({ _id: number, at: new Date() }, { session });
    return number;
  }
}
