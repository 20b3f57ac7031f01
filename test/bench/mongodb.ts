import { mkdir, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { ProfileInput } from '../../generator/profile/schema.ts';
import { type MongoServer, startReplicaSet } from '../support/servers/mongodb.ts';
import { type Command, measure } from './command.ts';
import { backupDirectory, generateScripts, script } from './contenders/lifeboat.ts';
import { DataSet } from './data-set.ts';
import { inSeconds } from './figures.ts';
import { type Bench, diskUse, measureQuietly } from './files.ts';
import { type Peak, type Results, self, type Series } from './results.ts';

const steps = [
  { id: 'full', label: 'MongoDB: everything' },
  { id: 'unchanged', label: 'MongoDB: nothing new' },
  { id: 'changed', label: 'MongoDB: 1 % of the documents changed' },
] as const;

type Contender = { name: string; how: Record<string, string>; prepare: () => Promise<void>; commands: { full?: Command; unchanged?: Command; changed: Command }; repository: string };

export async function benchMongodb(bench: Bench, documents: number, rounds: number): Promise<{ comparison: Results['mongodb']; memory: Peak[] }> {
  const server = await startReplicaSet({ dir: join(bench.directory, 'server'), oplogSizeMB: 2000 });
  const data = await DataSet.open(server.uri);
  try {
    const contenders = await makeContenders(bench, server);
    const memory: Peak[] = [];
    for (const size of [Math.ceil(documents / 4), documents]) {
      await data.grow(size);
      bench.tell(`MongoDB: ${size} documents written`);
      memory.push(...(await measureMemory(bench, contenders, await data.bytes())));
    }
    return { comparison: await compare(bench, contenders, data, documents, rounds), memory };
  } finally {
    await data.close();
    await server.stop();
  }
}

async function compare(bench: Bench, contenders: readonly Contender[], data: DataSet, documents: number, rounds: number): Promise<Results['mongodb']> {
  const series: Series[] = contenders.map(({ name, how, commands }) => ({ name, how, seconds: {}, stored: [], ...(commands.full ? {} : { every: 'changed' }) }));
  let changed = 0;
  for (let round = 1; round <= rounds; round += 1) {
    for (const { prepare } of contenders) await prepare();
    for (const { id } of steps) {
      if (id === 'changed') changed = await data.change(round);
      for (const [index, { name, commands }] of contenders.entries()) {
        const command = commands[id];
        if (command === undefined) continue;
        const { seconds } = await measureQuietly(command, bench);
        const own = series[index]?.seconds;
        if (own !== undefined) (own[id] ??= []).push(seconds);
        bench.tell(`MongoDB, round ${round}, ${id}: ${name} ${inSeconds(seconds)} s`);
      }
    }
    for (const [index, { repository }] of contenders.entries()) series[index]?.stored.push(await diskUse(repository));
  }
  return { reference: guide, steps, series, bytes: await data.bytes(), documents, changed };
}

async function measureMemory(bench: Bench, contenders: readonly Contender[], size: number): Promise<Peak[]> {
  const peaks: Peak[] = [];
  for (const { name, prepare, commands } of contenders) {
    await prepare();
    peaks.push({ name, step: 'MongoDB, everything', size, bytes: (await measure(commands.full ?? commands.changed, bench.path, true)).peakBytes });
  }
  return peaks;
}

const guide = 'mongodump --archive --gzip';
const pipeline = 'set -o pipefail; mongodump --quiet --uri="$1" --archive | zstd -q -3 -T0 -f -o "$2"';

async function makeContenders(bench: Bench, server: MongoServer): Promise<Contender[]> {
  const dumps = join(bench.directory, 'dumps');
  const place = { directory: join(bench.directory, 'lifeboat'), corpus: join(bench.directory, 'application'), path: bench.path };
  await mkdir(place.corpus);
  await writeFile(join(place.corpus, 'server.mjs'), 'export {};\n');
  const empty = (name: string) => async (): Promise<void> => {
    await rm(join(dumps, name), { recursive: true, force: true });
    await mkdir(join(dumps, name), { recursive: true });
  };
  return [
    {
      name: self,
      how: { full: 'backup.sh --full', unchanged: 'backup.sh --database', changed: 'backup.sh --database' },
      prepare: () => generateScripts(place, { mongodb: mongodbSection(server) }),
      commands: { full: script(place, 'backup.sh', '--full'), unchanged: script(place, 'backup.sh', '--database'), changed: script(place, 'backup.sh', '--database') },
      repository: backupDirectory(place),
    },
    {
      name: guide,
      how: { changed: guide },
      prepare: empty('gzip'),
      commands: { changed: { argv: ['mongodump', '--quiet', `--uri=${server.uri}`, '--gzip', `--archive=${join(dumps, 'gzip/dump')}`] } },
      repository: join(dumps, 'gzip'),
    },
    {
      name: 'mongodump --archive | zstd',
      how: { changed: 'mongodump --archive | zstd -3 -T0' },
      prepare: empty('zstd'),
      commands: { changed: { argv: ['bash', '-c', pipeline, 'bash', server.uri, join(dumps, 'zstd/dump')] } },
      repository: join(dumps, 'zstd'),
    },
  ];
}

function mongodbSection(server: MongoServer): NonNullable<ProfileInput['mongodb']> {
  return {
    uri: server.plainUri,
    database: 'bench',
    member: `127.0.0.1:${server.port}`,
    dataDirectory: server.dataDirectory,
    configFile: server.configFile,
    logFile: server.logFile,
    user: userInfo().username,
    service: { start: [server.command, 'start'], stop: [server.command, 'stop'] },
  };
}
