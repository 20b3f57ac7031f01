import { MongoClient } from 'mongodb';
import { noise, prose, randomNumbers } from './content.ts';

const collections = ['users', 'orders', 'listings', 'messages'] as const;
const batch = 1000;

/** Documents of about 1 kB in four collections with an index each: words, numbers, dates, and bytes that do not compress. */
export class DataSet {
  #documents = 0;

  private constructor(readonly client: MongoClient) {}

  static async open(uri: string): Promise<DataSet> {
    const set = new DataSet(await MongoClient.connect(uri));
    for (const name of collections) await set.#collection(name).createIndex({ owner: 1, at: -1 });
    return set;
  }

  /** Adds documents until there are so many. */
  async grow(documents: number): Promise<void> {
    while (this.#documents < documents) {
      const count = Math.min(batch, documents - this.#documents);
      const first = this.#documents;
      await this.#collection(collections[Math.floor(first / batch) % collections.length] ?? 'users').insertMany(makeDocuments(first, count), { ordered: false });
      this.#documents += count;
    }
  }

  /** Changes one document in a hundred, others in each round, and answers how many. */
  async change(round: number): Promise<number> {
    let changed = 0;
    for (const name of collections) {
      const update = { $set: { body: prose(round, 400).toString(), round } };
      changed += (await this.#collection(name).updateMany({ number: { $mod: [100, round % 100] } }, update)).modifiedCount;
    }
    return changed;
  }

  /** Uncompressed, without indexes. */
  async bytes(): Promise<number> {
    return Number((await this.client.db('bench').stats())['dataSize']);
  }

  close(): Promise<void> {
    return this.client.close();
  }

  #collection(name: string) {
    return this.client.db('bench').collection(name);
  }
}

function makeDocuments(first: number, count: number): Record<string, unknown>[] {
  const random = randomNumbers(first);
  // One text and one noise per batch, cut in pieces: making each anew would take longer than storing it.
  const text = prose(first, 600 * count).toString('latin1');
  const bytes = noise(first, 48 * count).toString('base64');
  return Array.from({ length: count }, (_, index) => ({
    number: first + index,
    owner: Math.floor(random() * 5000),
    at: new Date(1.7e12 + Math.floor(random() * 3e10)),
    price: Math.floor(random() * 1e6) / 100,
    tags: Array.from({ length: 4 }, () => `tag-${Math.floor(random() * 300)}`),
    place: { type: 'Point', coordinates: [random() * 360 - 180, random() * 170 - 85] },
    body: text.slice(index * 600, (index + 1) * 600),
    token: bytes.slice(index * 64, (index + 1) * 64),
  }));
}
