import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { Hand } from './hand.ts';
import { Journal } from './journal.ts';

/** Something that is done to a server over and over. It prepares its collections, and answers what one round is. */
export type Actor = (hand: Hand, pace: Pace) => Promise<() => Promise<unknown>>;

export type Pace = {
  /** Waits until a command may run that would end a dump, and keeps dumps away until it is done; false when it could not. */
  disturb: (work: () => Promise<unknown>) => Promise<boolean>;
  working: () => boolean;
};

/** Runs its actors against a server, each with a session of its own, and journals what they do. */
export class Writer {
  readonly journal: Journal = new Journal();
  #working = true;
  #calm = false;
  #disturbing = 0;
  readonly #hands: Hand[] = [];
  #rounds: Promise<unknown> = Promise.resolve();

  private constructor(readonly client: MongoClient) {}

  static async start(uri: string, actors: readonly { actor: Actor; pause: number }[]): Promise<Writer> {
    const writer = new Writer(await MongoClient.connect(uri, { maxPoolSize: 30 }));
    const pace: Pace = { disturb: (work) => writer.#disturb(work), working: () => writer.#working };
    const prepared = [];
    for (const { actor, pause } of actors) {
      const hand = new Hand(writer.client, writer.journal);
      writer.#hands.push(hand);
      prepared.push({ round: await actor(hand, pace), pause });
    }
    writer.#rounds = Promise.all(prepared.map(({ round, pause }) => writer.#repeat(round, pause)));
    // Without a listener a failure before stop() would end the process.
    writer.#rounds.catch(() => undefined);
    return writer;
  }

  /** Meanwhile no collection is renamed, dropped or replaced: mongodump gives up at such a command. */
  async calm(work: () => Promise<unknown>): Promise<void> {
    this.#calm = true;
    while (this.#disturbing > 0) await sleep(5);
    await work().finally(() => { this.#calm = false; });
  }

  /** Nothing is written any more; what the server itself does is still noted. */
  async quiet(): Promise<void> {
    this.#working = false;
    await this.#rounds;
  }

  async end(): Promise<void> {
    await this.quiet();
    await Promise.all(this.#hands.map((hand) => hand.end()));
    await this.client.close();
  }

  async #repeat(round: () => Promise<unknown>, pause: number): Promise<void> {
    while (this.#working) {
      await round();
      await sleep(pause);
    }
  }

  async #disturb(work: () => Promise<unknown>): Promise<boolean> {
    while (this.#calm && this.#working) await sleep(20);
    if (this.#calm) return false;
    this.#disturbing += 1;
    await work().finally(() => { this.#disturbing -= 1; });
    return true;
  }
}
