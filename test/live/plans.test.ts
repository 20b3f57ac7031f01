import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backUp, succeed } from './support/script.ts';
import { seedLittle } from './support/seed.ts';
import { createWorld, type World } from './support/world.ts';

let world: World;
let calls: string;

beforeAll(async () => {
  world = await createWorld({ name: 'plans' });
  calls = join(world.root, 'calls');
  // Every service notes what it is asked for.
  for (const { command } of [world.app, world.nginx, world.redis, world.mongodb]) {
    const text = await readFile(command, 'utf8');
    await writeFile(command, text.replace('\n', `\nprintf '%s %s\\n' "$0" "$*" >>'${calls}'\n`));
  }
  await seedLittle(world, 'original');
  await backUp(world);
});
afterAll(() => world.close());

const planOf = async (...what: readonly string[]): Promise<string[]> => {
  const { stderr } = await succeed(world, 'restore.sh', [...what, '--dry-run']);
  return stderr.split('\n').flatMap((line) => /INFO {2}(plan: .*)/.exec(line)?.slice(1, 2) ?? []);
};

/** Everything that could be replaced, with the number that tells whether it is still the same directory. */
const places = (): string[] => [
  world.paths.appRoot, world.paths.letsencrypt, world.nginx.configDirectory, world.mongodb.configFile, world.redis.configFile, world.paths.envFile,
  join(world.paths.pm2Home, 'dump.pm2'), world.redis.dataDirectory, world.mongodb.dataDirectory,
];
const numbers = (): Promise<(number | undefined)[]> => Promise.all(places().map((path) => stat(path).then(({ ino }) => ino, () => undefined)));

async function replacedBy(run: () => Promise<unknown>): Promise<{ replaced: string[]; asked: string[] }> {
  const before = await numbers();
  await writeFile(calls, '');
  await run();
  const after = await numbers();
  const asked = (await readFile(calls, 'utf8')).split('\n').filter((line) => /(stop|start|reload)$/.test(line));
  return { replaced: places().filter((_, index) => before[index] !== after[index]).sort(), asked: [...new Set(asked)].sort() };
}

/** What a plan announces: the places that it replaces, and the commands that stand in it in brackets. */
function announced(plan: readonly string[]): { replaced: string[]; asked: string[] } {
  const replaced = plan.flatMap((line) => /^plan: {3}replaces (.*)/.exec(line)?.[1]?.split(', ') ?? /^plan: {3}builds a data directory beside ([^,]*)/.exec(line)?.slice(1, 2) ?? []);
  const asked = plan.flatMap((line) => [...line.matchAll(/\(([^()]*-service (?:stop|start|reload))\)/g)].map(([, command]) => command ?? ''));
  return { replaced: places().filter((path) => replaced.includes(path)).sort(), asked: [...new Set(asked)].sort() };
}

describe('what a plan says is what the run then does', () => {
  it.each([['--ssl'], ['--config'], ['--app'], ['--redis'], ['--mongodb'], ['--config', '--redis'], ['--all']])('%s %s', async (...what) => {
    const plan = announced(await planOf('latest', ...what));
    expect(plan.replaced).not.toEqual([]);
    const done = await replacedBy(() => succeed(world, 'restore.sh', ['latest', ...what, '--yes']));
    expect(done).toEqual(plan);
    const undo = announced(await planOf('--undo'));
    expect((await replacedBy(() => succeed(world, 'restore.sh', ['--undo', '--yes']))).asked).toEqual(undo.asked);
  });

  it('--ssl alone stops the application and reloads nginx, and says so', async () => {
    const { asked } = announced(await planOf('latest', '--ssl'));
    expect(asked).toEqual([`${world.app.command} start`, `${world.app.command} stop`, `${world.nginx.command} reload`].sort());
  });

  it('--into replaces and stops nothing, and says so', async () => {
    const into = join(world.root, 'into');
    const plan = await planOf('latest', '--all', '--into', into);
    expect(plan.filter((line) => line === `plan:   builds it in ${into}; replaces nothing and stops nothing`)).toHaveLength(5);
    expect(plan.join('\n')).not.toMatch(/plan: {3}replaces|plan: stops|beside|reloads/);
    expect(await replacedBy(() => succeed(world, 'restore.sh', ['latest', '--ssl', '--into', into, '--yes']))).toEqual({ replaced: [], asked: [] });
  });
});

describe('what the plan of one collection says', () => {
  const collections = (): Promise<string[]> => world.withMongo(async (client) => (await client.db('plugspace').listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name).sort());
  const name = (): Promise<string> => collections().then((names) => names.find((candidate) => !candidate.startsWith('system.')) ?? '');

  it('is what is written: beside, in the place of one that is there, and of one that was dropped', async () => {
    const one = await name();
    const args = ['latest', '--collection', `plugspace.${one}`];
    const made = async (...more: readonly string[]): Promise<{ plan: string; said: string; names: string[] }> => {
      const plan = (await planOf(...args, ...more)).join('\n');
      const before = await collections();
      const { stderr } = await succeed(world, 'restore.sh', [...args, ...more, '--yes']);
      return { plan, said: stderr, names: (await collections()).filter((candidate) => !before.includes(candidate)).map((candidate) => candidate.replace(/\d{8}_\d{6}/, '<time>')) };
    };
    const beside = await made();
    expect(beside.plan).toContain(`writes plugspace.${one}_restored_<time>; plugspace.${one} stays as it is`);
    expect(beside.names).toEqual([`${one}_restored_<time>`]);
    const replaced = await made('--replace');
    expect(replaced.plan).toContain(`which is kept as plugspace.${one}_before_<time>`);
    expect(replaced.names).toEqual([`${one}_before_<time>`]);
    await world.withMongo((client) => client.db('plugspace').dropCollection(one));
    const dropped = await made('--replace');
    expect(dropped.plan).toContain(`plugspace.${one}, which is not there: nothing is kept`);
    expect(dropped.said).toContain(`plugspace.${one} is as of`);
    expect(dropped.said).toContain('; there was none before');
    expect(dropped.said).not.toContain('stands beside');
    expect(dropped.names).toEqual([one]);
  });
});
