import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Binary, BSON, type Document, Timestamp } from 'mongodb';

const load = createRequire(join(import.meta.dirname, '../../../templates/infrastructure/backup/components/mongodb/mongosh/here.js'));

/** A module that is handed to mongosh; a test says which shape it expects of it. */
export const moduleOf = (name: string): unknown => load(`./${name}.js`);

export type Stamp = { t: number; i: number };

export const bytes = (document: Document): Buffer => Buffer.from(BSON.serialize(document));

/** A document of bytes that no library would write: its length, its fields, and its end. */
export function crafted(...fields: readonly (string | readonly number[] | Buffer)[]): Buffer {
  const body = Buffer.concat(fields.map((field) => (typeof field === 'string' ? Buffer.from(field, 'latin1') : Uint8Array.from(field))));
  const document = Buffer.alloc(body.length + 5);
  document.writeInt32LE(document.length, 0);
  body.copy(document, 4);
  return document;
}

export const int32 = (value: number): number[] => [...Buffer.from(Int32Array.of(value).buffer)];

let files = 0;
export function fileOf(...documents: readonly Buffer[]): string {
  files += 1;
  const file = join(tmpdir(), `documents-${String(process.pid)}-${String(files)}.bson`);
  writeFileSync(file, Buffer.concat(documents));
  return file;
}

export const hex = (digits: string): string => digits.repeat(32).slice(0, 32);
export const uuid = (digits: string): Binary => new Binary(Buffer.from(hex(digits), 'hex'), 4);

/** An entry of an oplog: the stamp as seconds, or as seconds and number. */
export function entry(at: number | readonly [number, number], fields: Document): Buffer {
  const [t, i] = typeof at === 'number' ? [at, 1] : at;
  return bytes({ ts: new Timestamp({ t, i }), t: 1n, v: 2n, ...fields });
}
