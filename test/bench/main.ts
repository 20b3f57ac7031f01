import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { endGuarded } from '../support/servers/guard.ts';
import { programsOfBenchmark } from '../support/tools/catalogue.ts';
import { ensureTools, toolPath } from '../support/tools/ensure.ts';
import { chart } from './chart.ts';
import { endMeasured } from './command.ts';
import { type Bench, benchFiles, benchMemory } from './files.ts';
import { describeMachine, findVersions, load } from './machine.ts';
import { benchMongodb } from './mongodb.ts';
import { type Options, parseOptions, usage, UsageError } from './options.ts';
import { report } from './report.ts';
import type { Results } from './results.ts';

const project = join(import.meta.dirname, '../..');

export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args, join(project, 'docs/bench'));
    await ensureTools(programsOfBenchmark);
    await write(options.out, await withDirectory(options, (directory) => bench(options, directory)));
    return 0;
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n${error instanceof UsageError ? `\n${usage}` : ''}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Whatever happens, nothing is left running and nothing is left lying about. */
async function withDirectory<T>({ directory: given }: Options, work: (directory: string) => Promise<T>): Promise<T> {
  if (given !== undefined) await mkdir(given, { recursive: true });
  const directory = await realpath(await mkdtemp(join(given ?? tmpdir(), 'lifeboat-bench-')));
  const clear = async (): Promise<void> => {
    await endMeasured();
    await endGuarded();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void clear().finally(() => process.exit(130)));
  return work(directory).finally(clear);
}

async function bench({ quick, files, documents, memorySizes, memoryFiles, rounds }: Options, directory: string): Promise<Results> {
  const started = performance.now();
  const loadBefore = load();
  const tools: Bench = { directory, path: toolPath('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'), tell };
  tell(`load before the first measurement: ${loadBefore.toFixed(2)} on ${cpus().length} cores`);
  const filesResult = await benchFiles(tools, files, rounds);
  const { comparison, memory } = await benchMongodb(tools, documents, rounds);
  const memoryOfFiles = await benchMemory(tools, memorySizes, memoryFiles);
  return {
    quick,
    date: new Date().toISOString().slice(0, 10),
    rounds,
    tookSeconds: Math.round((performance.now() - started) / 1000),
    machine: await describeMachine(directory),
    loadBefore,
    loadAfter: load(),
    cores: cpus().length,
    versions: { lifeboat: await ownVersion(), ...(await findVersions(tools.path)) },
    files: filesResult,
    mongodb: comparison,
    memory: [...memoryOfFiles, ...memory],
  };
}

async function write(out: string, results: Results): Promise<void> {
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(join(out, 'results.svg'), chart(results));
  await writeFile(join(out, 'results.md'), report(results));
  process.stdout.write(`${report(results)}\nwritten: ${['results.md', 'results.svg', 'results.json'].map((name) => relative(process.cwd(), join(out, name))).join(' ')}\n`);
}

async function ownVersion(): Promise<string> {
  return (JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as { version: string }).version;
}

const tell = (text: string): void => { process.stderr.write(`bench: ${text}\n`); };
