import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { fingerprintMongo, type MongoFingerprint } from '../../support/fixtures/mongo-fingerprint.ts';
import { fingerprintRedis, type RedisFingerprint } from '../../support/fixtures/redis-fingerprint.ts';
import { RedisConnection } from '../../support/fixtures/resp.ts';
import { fingerprintTree, type TreeFingerprint } from '../../support/fixtures/tree-fingerprint.ts';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../support/sandbox/sandbox.ts';

/** What every component of a server is, as plain objects: made to be compared with toEqual. */
export type State = { mongodb: MongoFingerprint; redis: RedisFingerprint; app: TreeFingerprint; config: TreeFingerprint; ssl: TreeFingerprint };
export type Component = keyof State;

/** A sandbox with the generated scripts installed, and with ways to look into it. */
export type World = Sandbox & {
  /** A directory for temporary files that only this world's scripts use. */
  temporary: string;
  withMongo: <T>(work: (client: MongoClient) => Promise<T>) => Promise<T>;
  withRedis: <T>(work: (redis: RedisConnection) => Promise<T>) => Promise<T>;
  state: () => Promise<State>;
};

export async function createWorld(options: SandboxOptions = {}): Promise<World> {
  const sandbox = await createSandbox(options);
  await sandbox.install();
  const temporary = join(sandbox.root, 'tmp');
  await mkdir(temporary, { mode: 0o700 });
  const withMongo = async <T>(work: (client: MongoClient) => Promise<T>): Promise<T> => {
    const client = await MongoClient.connect(sandbox.mongodb.uri, { serverSelectionTimeoutMS: 20_000 });
    return work(client).finally(() => client.close());
  };
  const withRedis = async <T>(work: (connection: RedisConnection) => Promise<T>): Promise<T> => {
    const connection = await RedisConnection.open(sandbox.redis, options.redis?.password);
    return work(connection).finally(() => { connection.close(); });
  };
  const state = async (): Promise<State> => ({
    mongodb: await withMongo(fingerprintMongo),
    redis: await withRedis(fingerprintRedis),
    ...(await fileState(sandbox)),
  });
  const runScript: Sandbox['runScript'] = (name, args, scriptOptions = {}) =>
    sandbox.runScript(name, args, { ...scriptOptions, env: { TMPDIR: temporary, ...scriptOptions.env } });
  return { ...sandbox, runScript, temporary, withMongo, withRedis, state };
}

async function fileState({ root, paths }: Sandbox): Promise<Pick<State, 'app' | 'config' | 'ssl'>> {
  const [app, ssl, etc, pm2] = await Promise.all([paths.appRoot, paths.letsencrypt, join(root, 'etc'), paths.pm2Home].map(fingerprintTree));
  const config = select({ ...prefixed('etc', etc), ...prefixed('pm2', pm2) }, (name) => /^(etc\/(nginx($|\/)|mongod\.conf|redis\/redis\.conf|plugspace\/backup\.env)|pm2\/dump\.pm2)/.test(name));
  return { app: withoutLifeboat(app), config: withoutLifeboat(config), ssl: withoutLifeboat(ssl ?? {}) };
}

const prefixed = (prefix: string, tree: TreeFingerprint | undefined): TreeFingerprint =>
  Object.fromEntries(Object.entries(tree ?? {}).map(([name, entry]) => [name.replace(/^\./, prefix), entry]));

const select = (tree: TreeFingerprint, wanted: (name: string) => boolean): TreeFingerprint =>
  Object.fromEntries(Object.entries(tree).filter(([name]) => wanted(name)));

/** What a restore keeps for --undo lies inside the trees; it is no part of what they are. */
const withoutLifeboat = (tree: TreeFingerprint | undefined): TreeFingerprint => select(tree ?? {}, (name) => !name.includes('.lifeboat-'));

/** Swapping .env or the ecosystem file is an entry that goes and comes in the application's own directory, whose time tells of that. */
export function withoutOwnTime(state: State): State {
  const { '.': own, ...rest } = state.app;
  return { ...state, app: { ...rest, ...(own === undefined ? {} : { '.': { ...own, modified: '' } }) } };
}
