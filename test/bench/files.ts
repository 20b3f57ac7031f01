import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { capture, mustRun } from '../support/tools/command.ts';
import { type Command, measure } from './command.ts';
import { borg } from './contenders/borg.ts';
import { type Contender, type Place, type StepId, steps } from './contenders/contender.ts';
import { lifeboat } from './contenders/lifeboat.ts';
import { naive } from './contenders/naive.ts';
import { restic } from './contenders/restic.ts';
import { type Corpus, writeCorpus, writeTinyFiles } from './corpus.ts';
import { inSeconds } from './figures.ts';
import type { Peak, Results, Series } from './results.ts';

export type Bench = { directory: string; path: string; tell: (text: string) => void };

/** Every program does every step in every round, one after the other, so that all meet the same machine. */
export async function benchFiles(bench: Bench, bytes: number, rounds: number): Promise<Results['files']> {
  const corpus = await writeCorpus(join(bench.directory, 'corpus'), bytes);
  bench.tell(`files: ${corpus.files} files written`);
  const contenders = makeContenders(bench, corpus.root);
  const series: Series[] = contenders.map(({ name, how, commands }) => ({ name, how, seconds: {}, stored: [], ...(commands.first ? {} : { every: 'changed' }) }));
  let changed = 0;
  for (let round = 1; round <= rounds; round += 1) {
    // None is always the first to meet a change of the tree.
    const order = [...contenders.slice(round % contenders.length), ...contenders.slice(0, round % contenders.length)];
    for (const contender of order) await contender.prepare();
    for (const { id } of steps) {
      if (id === 'changed') changed = await corpus.change(round);
      for (const contender of order) await step(bench, contender, id, series, round);
    }
    for (const contender of order) await finish(contender, corpus, series);
  }
  await rm(corpus.root, { recursive: true });
  return { reference: 'restic', steps, series, bytes: corpus.bytes, count: corpus.files, changed };
}

async function step(bench: Bench, contender: Contender, id: StepId, series: readonly Series[], round: number): Promise<void> {
  const command = contender.commands[id];
  if (command === undefined) return;
  const { seconds } = await measureQuietly(command, bench);
  const own = series.find(({ name }) => name === contender.name);
  if (own !== undefined) (own.seconds[id] ??= []).push(seconds);
  bench.tell(`files, round ${round}, ${id}: ${contender.name} ${inSeconds(seconds)} s`);
}

/** What the program before it left to be written is no debt of this one. */
export async function measureQuietly(command: Command, { directory, path }: Bench): Promise<{ seconds: number }> {
  await mustRun('sync', ['--file-system', directory]);
  return measure(command, path);
}

/** A restore that is not equal has no time. */
async function finish(contender: Contender, corpus: Corpus, series: readonly Series[]): Promise<void> {
  const difference = await capture('diff', ['--recursive', '--brief', '--no-dereference', corpus.root, contender.restored]);
  if (difference.code !== 0) throw new Error(`${contender.name} did not restore the tree:\n${difference.stdout.slice(0, 500)}${difference.stderr.slice(0, 500)}`);
  series.find(({ name }) => name === contender.name)?.stored.push(await diskUse(contender.repository));
  await clear(contender);
}

async function clear(contender: Contender): Promise<void> {
  await rm(contender.restored, { recursive: true, force: true });
  await rm(dirname(contender.repository), { recursive: true, force: true });
}

export async function diskUse(directory: string): Promise<number> {
  return Number((await mustRun('du', ['--summarize', '--bytes', directory])).split('\t')[0]);
}

function makeContenders(bench: Bench, root: string): Contender[] {
  const place = (name: string): Place => ({ directory: join(bench.directory, name), corpus: root, path: bench.path });
  return [lifeboat(place('lifeboat')), restic(place('restic')), borg(place('borg')), naive(place('naive'))];
}

/** Memory is watched in runs of their own, as watching takes time from the program. */
export async function benchMemory(bench: Bench, sizes: readonly number[], files: readonly number[]): Promise<Peak[]> {
  const root = join(bench.directory, 'corpus');
  const peaks: Peak[] = [];
  for (const size of sizes) {
    await writeCorpus(root, size);
    peaks.push(...(await peaksOf(bench, root, { size })));
  }
  for (const count of files) {
    writeTinyFiles(root, count);
    peaks.push(...(await peaksOf(bench, root, { files: count })));
  }
  return peaks;
}

async function peaksOf(bench: Bench, root: string, data: Pick<Peak, 'size' | 'files'>): Promise<Peak[]> {
  const peaks: Peak[] = [];
  for (const contender of makeContenders(bench, root)) {
    if (contender.commands.first === undefined) continue;
    await contender.prepare();
    const watch = async (step: string, command: Command): Promise<void> => {
      peaks.push({ name: contender.name, step, ...data, bytes: (await measure(command, bench.path, true)).peakBytes });
    };
    await watch('first backup', contender.commands.first);
    await watch('nothing changed', contender.commands.changed);
    await watch('restore', contender.commands.restore);
    bench.tell(`memory, ${data.size === undefined ? `${data.files} files` : `${data.size / 1e6} MB`}: ${contender.name}`);
    await clear(contender);
  }
  await rm(root, { recursive: true });
  return peaks;
}
