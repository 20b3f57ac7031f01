import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { backUp, leftHalfBuilt, logSays, restore, start, succeed } from './support/script.ts';
import { seedLittle } from './support/seed.ts';
import { createWorld, type State, type World, withoutOwnTime } from './support/world.ts';

let world: World;
let original: State;
let damaged: State;

beforeAll(async () => {
  world = await createWorld({ name: 'failed-swap' });
  await seedLittle(world, 'original');
  original = await world.state();
  await backUp(world);
});
beforeEach(async () => {
  await seedLittle(world, 'damaged');
  damaged = await world.state();
});
afterAll(() => world.close());

const wayBack = "the way back: 'restore.sh --undo' brings back what was there before";
/** The last three lines, without their time. */
const lastWords = (stderr: string): string[] => stderr.trimEnd().split('\n').slice(-3).map((line) => line.replace(/^\S+ ERROR /, ''));

const health = async (): Promise<number> => (await fetch(`http://127.0.0.1:${world.nginx.port}/api/health`)).status;

describe('a server that does not start on the restored data', () => {
  it('gets its old data back: mongod', async () => {
    const refuses = await refusing(world.mongodb.command, world.mongodb.dataDirectory);
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--redis', '--mongodb', '--yes']);
    await refuses.end();
    expect([code, stderr]).toEqual([1, expect.stringMatching(/ERROR mongodb: .*the old data is being put back[^]*ERROR not everything is well: mongodb/)]);
    expect(lastWords(stderr)).toEqual([expect.stringMatching(/^restored from \d+_\d+: redis$/), 'not restored, and as before: mongodb', wayBack]);
    expect(await world.state()).toEqual({ ...damaged, redis: original.redis });
    expect(await health()).toBe(200);
    expect(await leftHalfBuilt(world)).toEqual([]);
    // What did go well can still be undone.
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    expect(await world.state()).toEqual(damaged);
  });

  it('gets its old data back: redis-server', async () => {
    const refuses = await refusing(world.redis.command, world.redis.dataDirectory);
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--ssl', '--redis', '--yes']);
    await refuses.end();
    expect([code, stderr]).toEqual([1, expect.stringMatching(/ERROR redis: .*the old data is being put back[^]*ERROR not everything is well: redis/)]);
    expect(lastWords(stderr)).toEqual([expect.stringMatching(/^restored from \d+_\d+: ssl$/), 'not restored, and as before: redis', wayBack]);
    expect(await world.state()).toEqual({ ...damaged, ssl: original.ssl });
    expect(await health()).toBe(200);
    expect(await leftHalfBuilt(world)).toEqual([]);
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
  });
});

describe('an undo while a server cannot be stopped', () => {
  it.each<['mongodb' | 'redis', string]>([['mongodb', 'MongoDB'], ['redis', 'Redis']])('moves no data below it, and can be run again: %s', async (component, name) => {
    await restore(world, `--${component}`);
    const restored = await world.state();
    const { command } = world[component];
    const good = await readFile(command, 'utf8');
    await writeFile(command, good.replace('\n', '\nif [[ ${1:-} == stop ]]; then exit 0; fi\n'));
    const { code, stderr } = await world.runScript('restore.sh', ['--undo', '--yes']);
    await writeFile(command, good);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`ERROR ${name} could not be stopped: nothing is put back below a server that runs`)]);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(restored));
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(damaged));
  });
});

describe('a restored configuration that nginx refuses', () => {
  it('is replaced by the old one again, the other components are restored, and the end says so', async () => {
    const site = join(world.nginx.configDirectory, 'sites-available/plugspace');
    const good = await readFile(site, 'utf8');
    await writeFile(site, 'server { listen no.port.at.all:x; }\n');
    await backUp(world);
    await writeFile(site, good);
    await seedLittle(world, 'damaged again');
    const before = await world.state();
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--config', '--ssl', '--app', '--yes']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/ERROR config: nginx refuses the restored configuration[^]*ERROR not everything is well: config/)]);
    expect(lastWords(stderr)).toEqual([expect.stringMatching(/^restored from \d+_\d+: ssl app$/), 'not restored, and as before: config', wayBack]);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime({ ...before, app: damaged.app, ssl: damaged.ssl }));
    expect(await health()).toBe(200);
    expect(await leftHalfBuilt(world)).toEqual([]);
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(before));
  });
});

describe('an application that is not healthy after a good restore', () => {
  it('is told of with exit 1, what was restored stays, and --undo is offered and works', async () => {
    const program = join(world.paths.appRoot, 'server.mjs');
    const good = await readFile(program, 'utf8');
    await writeFile(program, good.replaceAll('200', '500'));
    await backUp(world);
    const sick = await world.state();
    await writeFile(program, good);
    const before = await world.state();
    const { code, stderr } = await world.runScript('restore.sh', ['latest', '--app', '--yes']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/ERROR health: .*last answer: 500.*'restore\.sh --undo'[^]*ERROR not everything is well: health/)]);
    expect(lastWords(stderr)).toEqual([expect.stringMatching(/^restored from \d+_\d+: app$/), 'not restored, and as before: nothing', wayBack]);
    expect((await world.state()).app).toEqual(sick.app);
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(before));
    expect(await health()).toBe(200);
  });
});

describe('an application that nobody wants to wait for any longer', () => {
  it('is restored and not called good: the exit status is that of the signal, and --undo works', async () => {
    const program = join(world.paths.appRoot, 'server.mjs');
    const good = await readFile(program, 'utf8');
    await writeFile(program, good.replaceAll('200', '500'));
    await backUp(world);
    const sick = await world.state();
    await writeFile(program, good);
    const before = await world.state();
    const log = await readFile(world.paths.logFile, 'utf8');
    const { pid, ended } = start(world, 'restore.sh', ['latest', '--app', '--yes']);
    await logSays(world, 'starting the application', log);
    process.kill(pid, 'SIGINT');
    const { code, output } = await ended;
    expect([code, output]).toEqual([130, expect.stringMatching(/ERROR ended by SIGINT before .* is not known[^]*ERROR restored app from \d+_\d+, not confirmed: 'restore\.sh --undo'/)]);
    expect((await world.state()).app).toEqual(sick.app);
    expect(await leftHalfBuilt(world)).toEqual([]);
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    expect(withoutOwnTime(await world.state())).toEqual(withoutOwnTime(before));
  });
});

describe('a set that was changed after it was made', () => {
  it('is refused with exit 6, and nothing is touched', async () => {
    const listed = await succeed(world, 'backup.sh', ['--list', '--json']);
    const { id } = (JSON.parse(listed.stdout) as { id: string }[]).at(-1) ?? { id: '' };
    await appendFile(join(world.paths.backups, id, 'app.tar.zst'), 'x');
    const { code, stderr } = await world.runScript('restore.sh', [id, '--all', '--yes']);
    expect([code, stderr]).toEqual([6, expect.stringContaining('it was cut off or changed')]);
    expect(await world.state()).toEqual(damaged);
    await restore(world, '--ssl');
  });
});

/** From now on the service refuses to start on any data directory but the one that is there now, as with a file system it cannot read. */
async function refusing(command: string, dataDirectory: string): Promise<{ end: () => Promise<void> }> {
  const good = await readFile(command, 'utf8');
  // A name that servers give to files of their own: what is foreign would be carried over.
  const marker = join(dataDirectory, 'temp-the-old-one.wt');
  await writeFile(marker, '');
  const check = `if [[ \${1:-} == start && ! -e '${marker}' ]]; then printf 'cannot read this data\\n' >&2; exit 1; fi\n`;
  await writeFile(command, good.replace('\n', `\n${check}`));
  return { end: () => writeFile(command, good) };
}
