import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import colors from 'picocolors';
import { extendProfile } from '../generator/profile/define.ts';
import { demoProfile } from './profile.ts';
import { createSandbox, type Sandbox } from '../test/support/sandbox/sandbox.ts';
import { endGuarded } from '../test/support/servers/guard.ts';
import { mustRun as output } from '../test/support/tools/command.ts';
import { programsOfServers } from '../test/support/tools/catalogue.ts';
import { binDirectory, ensureTools, toolPath } from '../test/support/tools/ensure.ts';
import { fillDatabase, fillRedis, fillUploads, sellMore } from './data.ts';
import { disaster } from './disaster.ts';
import { differences, fullSet, isBack, rows, type State, takeState } from './figures.ts';
import { followLog, type Parts } from './parts.ts';
import { seconds, table } from './table.ts';

const project = join(import.meta.dirname, '..');
const root = join(project, '.demo');

const print = (text: string): void => { if (!ending) process.stdout.write(`${text}\n`); };
const heading = (text: string): void => { print(`\n${colors.bold(text)}`); };

/** The exit code says whether everything came back. */
export async function main(): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void interrupted());
  try {
    return (await story()) ? 0 : 1;
  } catch (error) {
    // What fails now fails because its servers are being stopped; the process ends with the last of them.
    if (ending) return await new Promise<never>(() => undefined);
    process.stderr.write(`${colors.red('the demo failed:')} ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function story(): Promise<boolean> {
  const started = performance.now();
  heading('1. A small server in .demo: MongoDB replica set, Redis, nginx, an application, certificates');
  await ensureTools(programsOfServers);
  const ready = performance.now();
  const key = await makeKey();
  const sandbox = await startServer(key.recipient);
  await preparePlaces(sandbox, key.identity);
  const client = await MongoClient.connect(sandbox.mongodb.uri);
  try {
    await Promise.all([fillDatabase(client), fillRedis(sandbox), fillUploads(sandbox.paths.uploads)]);
    print(`  running and filled after ${seconds((performance.now() - ready) / 1000)}`);
    const back = await rehearse(sandbox, client);
    await showWhereToLook(sandbox);
    const verdict = back ? colors.green('Everything is back.') : colors.red('NOT everything is back: see the table.');
    print(`\n${verdict} The demo took ${seconds((performance.now() - started) / 1000)}; nothing is left running.`);
    return back;
  } finally {
    await client.close();
    await sandbox.stop();
  }
}

let ending = false;

async function interrupted(): Promise<never> {
  ending = true;
  process.stderr.write('\ninterrupted: stopping everything that the demo started …\n');
  await endGuarded();
  process.exit(130);
}

/** The key of whoever may open the backups: the server gets the public half only. */
async function makeKey(): Promise<{ identity: string; recipient: string }> {
  const identity = await output('age-keygen', [], { env: { ...process.env, PATH: toolPath() } });
  return { identity, recipient: /age1\w+/.exec(identity)?.[0] ?? '' };
}

/** Another place for copies, and one for the private key. */
async function preparePlaces(sandbox: Sandbox, identity: string): Promise<void> {
  for (const directory of ['elsewhere', 'key-holder']) await mkdir(join(sandbox.root, directory), { mode: 0o700 });
  await writeFile(join(sandbox.root, 'etc/rclone.conf'), '[elsewhere]\ntype = local\n', { mode: 0o600 });
  await writeFile(keyFile(sandbox), identity, { mode: 0o600 });
}

const keyFile = (sandbox: Sandbox): string => join(sandbox.root, 'key-holder/backups.key');

async function startServer(recipient: string): Promise<Sandbox> {
  await rm(root, { recursive: true, force: true });
  return createSandbox({
    root,
    // The demo environment, at the place and on the ports that this run has.
    profile: (own, { mongodb, redis }, place) => extendProfile(extendProfile(demoProfile(place, { mongodb: mongodb.port, redis: redis.port }, recipient), own), { name: 'demo' }),
  });
}

async function rehearse(sandbox: Sandbox, client: MongoClient): Promise<boolean> {
  heading('2. lifeboat generate: one profile becomes the scripts of the demo environment');
  await sandbox.install();
  print(`  ${inProject(sandbox.profileFile)}  becomes  ${inProject(scripts(sandbox))}/`);

  heading('3. backup.sh --full: encrypted to a key that the server does not have, and copied elsewhere');
  const backup = await mustRun(sandbox, 'backup.sh', ['--full']);
  const held = await takeState(sandbox, client);

  heading('4. The day goes on');
  await sellMore(client);
  const before = await takeState(sandbox, client);
  print('  + 1 501 orders, 250 users changed, a listing sold and removed: no set holds any of it');

  heading('5. A disaster');
  const reached = await untilNextSecond();
  for (const { tells, strike } of disaster) {
    await strike(sandbox, client);
    print(`  ${colors.red('x')} ${tells}`);
  }
  const lost = await takeState(sandbox, client);

  heading('6. backup.sh --database: the oplog still knows every write; restore.sh --suspects: and when it happened');
  const slice = await mustRun(sandbox, 'backup.sh', ['--database']);
  const { limit, seconds: searched } = await findDisaster(sandbox, reached);

  heading('7. To the last entry before the disaster, from the copies and with the private key, as on a new server:');
  print(`  restore.sh --from elsewhere latest --all --oplog-limit ${limit} --identity ${inProject(keyFile(sandbox))} --yes`);
  const restore = await run(sandbox, 'restore.sh', ['--from', 'elsewhere', 'latest', '--all', '--oplog-limit', limit, '--identity', keyFile(sandbox), '--yes']);
  const after = await takeState(sandbox, client);

  heading('8. What is back');
  const back = showStates({ held, before, lost, after });
  showTimes(backup, restore);
  print(`  the slice of the oplog took ${seconds(slice.total)}, finding the disaster in it ${seconds(searched)}`);
  const healthy = await showHealth(sandbox);
  if (restore.code !== 0) print(colors.red(`  restore.sh ended with exit code ${restore.code}`));
  return back && healthy && restore.code === 0;
}

/** What comes now happens in a second of its own; answers the one before it. */
async function untilNextSecond(): Promise<number> {
  const now = Math.floor(Date.now() / 1000);
  while (Math.floor(Date.now() / 1000) === now) await sleep(20);
  return now;
}

/** Asks the scripts, as an operator would who does not know the second: the first suspect is what has to be undone. */
async function findDisaster(sandbox: Sandbox, since: number): Promise<{ limit: string; seconds: number }> {
  const { stdout, stderr, seconds: took } = await sandbox.runScript('restore.sh', ['--suspects', '--since', `@${since}`, '--identity', keyFile(sandbox)]);
  for (const line of stdout.trimEnd().split('\n')) print(`  ${colors.dim(line.replace(`${scripts(sandbox)}/`, ''))}`);
  const limit = /--oplog-limit (\d+:\d+)/.exec(stdout)?.[1];
  if (limit === undefined) throw new Error(`restore.sh --suspects found no disaster:\n${stdout}${stderr}`);
  return { limit, seconds: took };
}

type Run = { code: number; total: number; parts: Parts };

async function mustRun(sandbox: Sandbox, name: string, args: readonly string[]): Promise<Run> {
  const result = await run(sandbox, name, args);
  if (result.code !== 0) throw new Error(`${name} ${args.join(' ')} ended with exit code ${result.code}`);
  return result;
}

async function run(sandbox: Sandbox, name: string, args: readonly string[]): Promise<Run> {
  const running = { done: false };
  const followed = followLog(sandbox.paths.logFile, running, (line) => { print(`  ${colors.dim(line)}`); });
  const result = await sandbox.runScript(name, args).finally(() => { running.done = true; });
  const parts = await followed;
  return { code: result.code, total: result.seconds, parts };
}

type States = Readonly<Record<'held' | 'before' | 'lost' | 'after', State>>;

function showStates({ held, before, lost, after }: States): boolean {
  const verdicts = rows.map((row) => isBack(row, before, after));
  const lines = rows.map((row, index) => [row.label, row.figure(held), row.figure(before), row.figure(lost), row.figure(after), verdicts[index] === true ? 'the same' : 'NOT BACK']);
  print(table(['', 'at the backup', 'before the disaster', 'after it', 'restored', 'compared by content'], lines));
  for (const row of rows.filter((_, index) => verdicts[index] === false)) {
    for (const difference of differences(row.part(before), row.part(after)).slice(0, 5)) print(`  ${colors.red(row.label)} ${difference}`);
  }
  return verdicts.every(Boolean);
}

function showTimes(backup: Run, restore: Run): void {
  const names = [...new Set([...restore.parts.keys(), ...backup.parts.keys()])];
  const time = (parts: Parts, name: string): string => (parts.has(name) ? seconds(parts.get(name) ?? 0) : '-');
  const lines = names.map((name) => [name, time(backup.parts, name), time(restore.parts, name)]);
  print(`\n${table(['', 'backup took', 'restore took'], [...lines, ['in all', seconds(backup.total), seconds(restore.total)]])}`);
}

async function showHealth(sandbox: Sandbox): Promise<boolean> {
  const url = `http://127.0.0.1:${sandbox.nginx.port}/api/health`;
  const status = await fetch(url).then((answer) => answer.status, () => 0);
  print(`\n  GET ${url} through nginx: ${status}`);
  return status === 200;
}

async function showWhereToLook(sandbox: Sandbox): Promise<void> {
  const set = join(sandbox.paths.backups, await fullSet(sandbox));
  heading('Where to look next');
  print(table(['', ''], [
    ['first: the tools that were fetched', `export PATH=${binDirectory()}:$PATH`],
    ['the scripts, to be read', `less ${inProject(scripts(sandbox))}/restore.sh`],
    ['the sets, and what they build on', `${inProject(scripts(sandbox))}/backup.sh --list`],
    ['which of them is where', `${inProject(scripts(sandbox))}/backup.sh --list --compare`],
    ['what the full backup holds', `jq . ${inProject(set)}/manifest.json`],
    ['the log of all runs', `less ${inProject(sandbox.paths.logFile)}`],
    ['your own environment', 'npx lifeboat init'],
  ]).replace(/^\s*\n/, ''));
}

const scripts = (sandbox: Sandbox): string => join(sandbox.paths.appRoot, 'infrastructure/backup');
const inProject = (path: string): string => relative(project, path);
