import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { MongoClient } from 'mongodb';
import { fingerprintMongo, type MongoFingerprint } from '../test/support/fixtures/mongo-fingerprint.ts';
import { fingerprintRedis, type RedisFingerprint } from '../test/support/fixtures/redis-fingerprint.ts';
import { RedisConnection } from '../test/support/fixtures/resp.ts';
import { fingerprintTree, type TreeFingerprint } from '../test/support/fixtures/tree-fingerprint.ts';
import type { Sandbox } from '../test/support/sandbox/sandbox.ts';
import { capture } from '../test/support/tools/command.ts';

/** The whole state of the server, for a comparison that misses nothing, and the figures that a person looks at. */
export type State = {
  mongodb: MongoFingerprint;
  redis: RedisFingerprint;
  application: TreeFingerprint;
  settings: { nginx: TreeFingerprint; files: Record<string, string> };
  certificates: TreeFingerprint;
  nginx: string;
};

export async function takeState(sandbox: Sandbox, client: MongoClient): Promise<State> {
  const redis = await RedisConnection.open(sandbox.redis);
  const etc = join(sandbox.root, 'etc');
  const state: State = {
    mongodb: await fingerprintMongo(client),
    redis: await fingerprintRedis(redis),
    application: await fingerprintTree(sandbox.paths.appRoot),
    settings: { nginx: await fingerprintTree(join(etc, 'nginx')), files: await texts(etc, ['redis/redis.conf', 'mongod.conf', 'plugspace/backup.env']) },
    certificates: await fingerprintTree(sandbox.paths.letsencrypt),
    nginx: await nginxVerdict(sandbox),
  };
  redis.close();
  return state;
}

const texts = async (directory: string, names: readonly string[]): Promise<Record<string, string>> =>
  Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')] as const)));

async function nginxVerdict(sandbox: Sandbox): Promise<string> {
  const [program, ...args] = sandbox.nginx.testCommand;
  return (await capture(program, args)).code === 0 ? 'valid' : 'broken';
}

/** One line of the table: what it is called, how it is counted, and the part of the state that must be equal. */
type Row = { label: string; figure: (state: State) => number | string; part: (state: State) => unknown };

// The buckets of a time series hold the same measurements a second time; they are compared, not counted.
const collections = ({ mongodb }: State) =>
  Object.values(mongodb.databases).flatMap((database) => Object.entries(database).flatMap(([name, print]) => (name.startsWith('system.') ? [] : [print])));
const entries = (tree: TreeFingerprint, kind: string) => Object.values(tree).filter((entry) => entry.kind === kind);

export const rows: readonly Row[] = [
  { label: 'MongoDB documents', figure: (state) => sum(collections(state).map(({ count }) => count)), part: ({ mongodb }) => mongodb.databases },
  { label: 'MongoDB collections', figure: (state) => collections(state).length, part: ({ mongodb }) => mongodb.databases },
  { label: 'MongoDB indexes', figure: (state) => sum(collections(state).map(({ indexes }) => Object.keys(indexes).length)), part: ({ mongodb }) => mongodb.databases },
  { label: 'MongoDB users', figure: ({ mongodb }) => Object.keys(mongodb.users).length, part: ({ mongodb }) => [mongodb.users, mongodb.roles] },
  { label: 'Redis keys', figure: ({ redis }) => sum(Object.values(redis.databases).map((keys) => Object.keys(keys).length)), part: ({ redis }) => redis },
  { label: 'application files', figure: ({ application }) => entries(application, 'file').length, part: ({ application }) => application },
  { label: 'application bytes', figure: ({ application }) => sum(entries(application, 'file').map(({ size }) => Number(size))), part: ({ application }) => application },
  { label: 'configuration (nginx -t)', figure: ({ nginx }) => nginx, part: ({ settings }) => settings },
  { label: 'certificate files', figure: ({ certificates }) => entries(certificates, 'file').length, part: ({ certificates }) => certificates },
];

const sum = (figures: readonly number[]): number => figures.reduce((total, figure) => total + figure, 0);

/** A row is back when its figure is, and every byte that stands behind it. */
export function isBack(row: Row, before: State, after: State): boolean {
  return row.figure(before) === row.figure(after) && isDeepStrictEqual(row.part(before), row.part(after));
}

/** Where two states differ, in words: for a row that is not back. */
export function differences(before: unknown, after: unknown, path = ''): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [`${path}: was ${JSON.stringify(before)}, is ${JSON.stringify(after)}`];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => differences(before[key], after[key], `${path}/${key}`));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

export const fullSet = async (sandbox: Sandbox): Promise<string> =>
  (await capture('ls', ['-1', sandbox.paths.backups])).stdout.trim().split('\n').find((name) => /^\d{8}_\d{6}$/.test(name)) ?? '';
