import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Binary, BSON, type Document, Timestamp } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';

type Collection = { namespace: string; options: Map<string, string>; indexes: Map<string, Map<string, string>> };
type Catalogue = { collections: Map<string, Collection>; views: Map<string, string>; accounts: Map<string, string>; add: (uuid: string, namespace: string, options: Map<string, string>) => void; apply: (parts: object) => void };
type Modules = {
  startCatalogue: () => Catalogue;
  differencesBetween: (wanted: Catalogue, found: Catalogue) => string[];
  textsOf: (document: Buffer) => Map<string, string>;
  partsOf: (entry: Buffer) => object;
};

const uuid = 'ab'.repeat(16);
let modules: Modules;

/** The modules that a restore hands to mongosh. */
beforeAll(() => {
  const load = createRequire(join(import.meta.dirname, '../../../templates/infrastructure/backup/components/mongodb/mongosh/here.js'));
  modules = { ...(load('./catalogue.js') as Modules), ...(load('./cover.js') as Pick<Modules, 'partsOf'>) };
});

const bytes = (document: Document): Buffer => Buffer.from(BSON.serialize(document));

/** A catalogue of one collection. */
function catalogueOf(options: Document, indexes: readonly Document[] = []): Catalogue {
  const catalogue = modules.startCatalogue();
  catalogue.add(uuid, 'shop.orders', modules.textsOf(bytes(options)));
  for (const index of indexes) catalogue.collections.get(uuid)?.indexes.set(String(index['name']), modules.textsOf(bytes(index)));
  return catalogue;
}

function applied(catalogue: Catalogue, ...commands: readonly Document[]): Catalogue {
  const ui = new Binary(Buffer.from(uuid, 'hex'), 4);
  for (const [index, o] of commands.entries()) catalogue.apply(modules.partsOf(bytes({ op: 'c', ns: 'shop.$cmd', ui, o, ts: new Timestamp({ t: 1, i: index + 1 }) })));
  return catalogue;
}

const named = (fields: Document = {}): Document => ({ v: 2, key: { a: 1 }, name: 'a_1', ...fields });
const mod = (fields: Document): Document => ({ collMod: 'orders', ...fields });

type Case = readonly [string, Document, readonly Document[], readonly Document[], Document, readonly Document[]];
const usual = { validationLevel: 'strict', validationAction: 'error' };
const series = (granularity: string, seconds: number): Document => ({ timeField: 'at', granularity, bucketMaxSpanSeconds: seconds });

// As a MongoDB 6.0 was seen to answer: what was there, the entries, what is there then.
const cases: readonly Case[] = [
  ['a validator', {}, [], [mod({ validator: { a: 1 } })], { validator: { a: 1 }, ...usual }, []],
  ['a validator that goes', { validator: { a: 1 } }, [], [mod({ validator: {} })], {}, []],
  ['how strictly it is taken', { validator: { a: 1 }, ...usual }, [], [mod({ validationLevel: 'off' }), mod({ validationAction: 'warn' })], { validator: { a: 1 }, validationLevel: 'off', validationAction: 'warn' }, []],
  ['images for change streams', {}, [], [mod({ changeStreamPreAndPostImages: { enabled: true } })], { changeStreamPreAndPostImages: { enabled: true } }, []],
  ['images no more', { changeStreamPreAndPostImages: { enabled: true } }, [], [mod({ changeStreamPreAndPostImages: { enabled: false } })], {}, []],
  ['an age', { expireAfterSeconds: 1000 }, [], [mod({ expireAfterSeconds: 2000 })], { expireAfterSeconds: 2000 }, []],
  ['no age', { expireAfterSeconds: 1000 }, [], [mod({ expireAfterSeconds: 'off' })], {}, []],
  ['a granularity', { timeseries: series('seconds', 3600) }, [], [mod({ timeseries: { granularity: 'minutes' } })], { timeseries: series('minutes', 86_400) }, []],
  ['a hidden index', {}, [named()], [mod({ index: { name: 'a_1', hidden: true } })], {}, [named({ hidden: true })]],
  ['an index that is shown again', {}, [named({ hidden: true })], [mod({ index: { name: 'a_1', hidden: false } })], {}, [named()]],
  ['an index that becomes unique', {}, [named()], [mod({ index: { name: 'a_1', prepareUnique: true } }), mod({ index: { name: 'a_1', unique: true } })], {}, [named({ unique: true })]],
  ['the age of an index', {}, [named({ expireAfterSeconds: 1 })], [mod({ index: { name: 'a_1', expireAfterSeconds: 2 } })], {}, [named({ expireAfterSeconds: 2 })]],
];

describe('what collMod changes', () => {
  it.each(cases)('is known, and missed where it is not there: %s', (what, options, indexes, commands, optionsThen, indexesThen) => {
    const wanted = applied(catalogueOf(options, indexes), ...commands);
    expect(modules.differencesBetween(wanted, catalogueOf(optionsThen, indexesThen))).toEqual([]);
    expect(modules.differencesBetween(wanted, catalogueOf(options, indexes))).toHaveLength(what === 'how strictly it is taken' ? 2 : 1);
  });

  it('in a way that is not known leaves that option uncompared, and no other', () => {
    const wanted = applied(catalogueOf({ validator: { a: 1 } }, [named()]), mod({ somethingNew: true, validationLevel: 'off' }));
    expect(modules.differencesBetween(wanted, catalogueOf({ validator: { a: 1 }, somethingNew: 7, validationLevel: 'off' }, [named()]))).toEqual([]);
    expect(modules.differencesBetween(wanted, catalogueOf({ validator: { a: 2 }, validationLevel: 'off' }, [named({ unique: true })]))).toEqual(['shop.orders has another option validator', 'shop.orders has the index a_1 with other options']);
  });
});

describe('indexes', () => {
  const build = { indexBuildUUID: new Binary(Buffer.alloc(16, 1), 4), indexes: [named()] };
  const begun = { startIndexBuild: 'orders', ...build };

  it('of a build that was given up are not expected, those of one that ended are', () => {
    const failed = applied(catalogueOf({}), begun, { abortIndexBuild: 'orders', ...build });
    const done = applied(catalogueOf({}), begun, { commitIndexBuild: 'orders', ...build });
    expect(modules.differencesBetween(failed, catalogueOf({}))).toEqual([]);
    expect(modules.differencesBetween(failed, catalogueOf({}, [named()]))).toEqual(['shop.orders has the index a_1, which it should not']);
    expect(modules.differencesBetween(done, catalogueOf({}))).toEqual(['shop.orders lacks the index a_1']);
  });

  it.each(['unique', 'sparse', 'hidden', 'collation', 'partialFilterExpression', 'expireAfterSeconds'])('must not have what they were not made with: %s', (field) => {
    const value = { collation: { locale: 'de' }, partialFilterExpression: { a: 1 }, expireAfterSeconds: 5 }[field] ?? true;
    expect(modules.differencesBetween(catalogueOf({}, [named()]), catalogueOf({}, [named({ [field]: value })]))).toEqual(['shop.orders has the index a_1 with other options']);
  });
});

describe('collections and views', () => {
  it('that are missing, elsewhere, or too many are each told', () => {
    const wanted = catalogueOf({});
    wanted.views.set('shop.seen', '');
    const found = modules.startCatalogue();
    expect(modules.differencesBetween(wanted, found)).toEqual(['shop.orders is missing', 'shop.seen is missing']);
    expect(modules.differencesBetween(found, wanted)).toEqual(['shop.orders should not be there', 'shop.seen should not be there']);
    const moved = applied(catalogueOf({}), { renameCollection: 'shop.orders', to: 'shop.kept' });
    expect(modules.differencesBetween(moved, catalogueOf({}))).toEqual(['shop.kept is there as shop.orders']);
  });
});

/** A catalogue that has seen single writes. */
function written(catalogue: Catalogue, ...writes: readonly Document[]): Catalogue {
  for (const [index, write] of writes.entries()) catalogue.apply(modules.partsOf(bytes({ ...write, ts: new Timestamp({ t: 2, i: index + 1 }) })));
  return catalogue;
}

describe('accounts, roles and views', () => {
  const users = { ns: 'admin.system.users' };
  const someone = { _id: 'shop.someone', user: 'someone', roles: [] as string[] };
  const insert = { op: 'i', ...users, o: someone };
  const there = (...writes: readonly Document[]): Catalogue => written(modules.startCatalogue(), ...writes);

  it('that are missing, others, or too many are each told', () => {
    const role = { op: 'i', ns: 'admin.system.roles', o: { _id: 'shop.reader', privileges: [] } };
    expect(modules.differencesBetween(there(insert, role), there())).toEqual(['the account shop.someone is missing', 'the role shop.reader is missing']);
    expect(modules.differencesBetween(there(), there(insert))).toEqual(['the account shop.someone should not be there']);
    expect(modules.differencesBetween(there(insert), there({ ...insert, o: { ...someone, roles: ['root'] } }))).toEqual(['the account shop.someone is not as it was']);
    expect(modules.differencesBetween(there(insert, { op: 'd', ...users, o: { _id: someone._id } }), there())).toEqual([]);
  });

  it('are known by their whole after they were replaced, and by their name after a change of fields', () => {
    const o2 = { _id: someone._id };
    const replaced = there(insert, { op: 'u', ...users, o: { ...someone, roles: ['read'] }, o2 });
    const changed = there(insert, { op: 'u', ...users, o: { $v: 2, diff: {} }, o2 });
    expect(modules.differencesBetween(replaced, there(insert))).toEqual(['the account shop.someone is not as it was']);
    expect(modules.differencesBetween(changed, there(insert))).toEqual([]);
    expect(modules.differencesBetween(changed, there())).toEqual(['the account shop.someone is missing']);
    expect(modules.differencesBetween(there({ op: 'u', ...users, o: { $v: 2, diff: {} }, o2 }), there())).toEqual([]);
  });

  it('in a transaction count when it ends', () => {
    const operations = { op: 'c', ns: 'admin.$cmd', o: { applyOps: [insert] }, lsid: { id: new Binary(Buffer.alloc(16), 4) }, txnNumber: 1n };
    expect(modules.differencesBetween(there(operations), there())).toEqual(['the account shop.someone is missing']);
  });

  it('of something else is a difference: a view', () => {
    const view = (viewOn: string, fields: Document = {}): Document => ({ op: 'i', ns: 'shop.system.views', o: { _id: 'shop.seen', viewOn, pipeline: [], ...fields } });
    expect(modules.differencesBetween(there(view('orders')), there(view('orders')))).toEqual([]);
    expect(modules.differencesBetween(there(view('orders')), there(view('others')))).toEqual(['shop.seen is not as it was']);
    expect(modules.differencesBetween(there(view('orders')), there(view('orders', { pipeline: [{ $limit: 1 }] })))).toEqual(['shop.seen is not as it was']);
  });

  it('are gone with the collection that told of them', () => {
    const catalogue = modules.startCatalogue();
    catalogue.add(uuid, 'shop.system.views', new Map());
    written(catalogue, { op: 'i', ns: 'shop.system.views', o: { _id: 'shop.seen', viewOn: 'orders', pipeline: [] } });
    expect(modules.differencesBetween(applied(catalogue, { drop: 'system.views' }), modules.startCatalogue())).toEqual([]);
  });
});

// A server makes config.system.sessions within five minutes after its replica set began, so most first slices tell of it.
it('does not wait for what the server makes for itself', () => {
  const wanted = modules.startCatalogue();
  const ui = new Binary(Buffer.from(uuid, 'hex'), 4);
  const entry = (o: Document): object => modules.partsOf(bytes({ op: 'c', ns: 'config.$cmd', ui, o, ts: new Timestamp({ t: 1, i: 1 }) }));
  wanted.apply(entry({ create: 'system.sessions', idIndex: { v: 2, key: { _id: 1 }, name: '_id_' } }));
  wanted.apply(entry({ createIndexes: 'system.sessions', v: 2, key: { lastUse: 1 }, name: 'lsidTTLIndex', expireAfterSeconds: 1800 }));
  expect(modules.differencesBetween(wanted, modules.startCatalogue())).toEqual([]);
});
