import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hands, type RemoteKind, type RemoteServer } from '../../support/servers/remotes/remote.ts';
import { startRemote } from '../../support/servers/remotes/start.ts';
import { manifestOf, setsOf } from './manifest.ts';
import { ends, expectedAt, impatient, inEnvironment, inProfile, inProfileInFull, remoteName } from './remotes.ts';
import { createSmallWorld, type SmallState, type SmallWorld } from './small-world.ts';

export type Story = { world: SmallWorld; server: RemoteServer; hands: Hands };

/** What has to be true of every kind of remote. One story: each test goes on where the one before it ended. */
export function tellStory(kind: RemoteKind): void {
  const story = {} as Story;
  let source: SmallState;

  beforeAll(async () => {
    story.world = await createSmallWorld(`remote-${kind}`);
    story.server = await startRemote(kind, { dir: story.world.root });
    story.hands = new Hands(story.server);
    await story.world.setSecrets(inEnvironment(story.server.section));
    await story.world.install({ remotes: [inProfileInFull(story.server, { latest: 'latest' })], transfer: impatient });
  });
  afterAll(async () => {
    await story.server.close();
    await story.world.close();
  });

  const full = (env = {}): Promise<unknown> => ends(story.world, 0, 'backup.sh', ['--full'], env);
  const damaged = async (path: string): Promise<string> => {
    const file = join(story.world.root, 'damaged');
    await mkdir(file, { recursive: true });
    await story.hands.fetch(path, file);
    return join(file, path.split('/').at(-1) ?? '');
  };

  describe(`a remote of the kind ${kind}`, () => {
    it('gets every file of a set, the manifest last, beside files that are none of its business', async () => {
      const { world, hands } = story;
      await writeFile(join(world.root, 'foreign'), 'somebody else\n');
      for (const name of ['production/foreign.txt', 'production/20200101_000000/notes.txt', 'other/20200101_000000/manifest.json', 'zzz']) await hands.write(name, join(world.root, 'foreign'));
      await world.writeUpload('large.bin', 3_000_000);
      await full();
      const stored = await hands.list('production');
      expect(stored.filter((name) => !/foreign|20200101/.test(name))).toEqual(await expectedAt(world));
    });

    it('is up to date after an incremental set, and holds the chain a second time as latest', async () => {
      const { world, hands } = story;
      await writeFile(join(world.paths.uploads, 'later.txt'), 'later\n');
      await ends(world, 0, 'backup.sh', ['--incremental']);
      source = await world.state();
      expect((await hands.list('production')).filter((name) => !/foreign|20200101/.test(name))).toEqual(await expectedAt(world));
      expect(await hands.list('latest')).toEqual(await expectedAt(world, 'latest'));
    });

    it('is listed and compared, and what is foreign there is not taken for a set', async () => {
      const { world } = story;
      const sets = await setsOf(world);
      const { stdout } = await ends(world, 0, 'backup.sh', ['--list', '--remote', remoteName, '--json']);
      expect((JSON.parse(stdout) as { id: string }[]).map(({ id }) => id).sort()).toEqual(sets);
      const compared = await ends(world, 0, 'backup.sh', ['--list', '--compare', '--json']);
      const places = { here: 'complete', [remoteName]: 'complete' };
      expect((JSON.parse(compared.stdout) as { id: string; places: object }[]).map((set) => [set.id, set.places])).toEqual(sets.map((id) => [id, places]));
    });

    it('gives everything back to an empty server', async () => {
      const { world } = story;
      await world.loseEverything();
      await ends(world, 0, 'restore.sh', ['--from', remoteName, 'latest', '--all', '--yes']);
      expect(await world.state()).toEqual(source);
      expect((await readdir(join(world.paths.backups, '.state')).catch(() => [])).filter((name) => name.startsWith('from-'))).toEqual([]);
    });

    it('gives it back by the guide\'s own copy of latest, too', async () => {
      const { world, hands } = story;
      await world.loseEverything();
      await mkdir(world.paths.backups, { recursive: true, mode: 0o700 });
      await hands.fetch('latest', world.paths.backups);
      await ends(world, 0, 'restore.sh', ['latest', '--all', '--yes']);
      expect(await world.state()).toEqual(source);
    });

    if (kind !== 'gcs') it('that refuses the login makes no bad backup: exit 5, a good set here, and it is uploaded later', async () => {
      const { world, server, hands } = story;
      const before = await setsOf(world);
      await world.setSecrets(inEnvironment(server.refused ?? server.section));
      await world.install({ remotes: [inProfile(server, { latest: 'latest' })], transfer: { ...impatient, timeout: '10s' } });
      const { stderr } = await ends(world, 5, 'backup.sh', ['--config']);
      expect(stderr).toContain(`ERROR remote ${remoteName}:`);
      expect(await setsOf(world)).toHaveLength(before.length + 1);
      await ends(world, 3, 'restore.sh', ['--from', remoteName, 'latest', '--all', '--yes']);
      await world.setSecrets(inEnvironment(server.section));
      await ends(world, 0, 'backup.sh', ['--sync-remotes']);
      expect(await hands.list('production')).toEqual(expect.arrayContaining(await expectedAt(world)));
    });

    if (kind !== 'gcs') it('without the bucket does not get one', async () => {
      const { world, server } = story;
      const missing = kind === 'sftp' ? `${server.bucket}-missing` : 'not-there-at-all';
      const { stderr } = await ends(world, 5, 'backup.sh', ['--config'], { REMOTE_BUCKET: missing });
      expect(stderr).toContain(missing);
      await expect(new Hands({ ...server, bucket: missing }).read('x')).rejects.toThrow();
      await ends(world, 3, 'restore.sh', ['--from', remoteName, 'latest', '--all', '--yes'], { REMOTE_BUCKET: missing });
      await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    });

    it('that dies in the middle of an upload gets the rest in the next run', async () => {
      const { world, server, hands } = story;
      await world.install({ remotes: [inProfile(server, { latest: 'latest' })], transfer: { ...impatient, timeout: '16s' } });
      await world.writeUpload('another.bin', 3_000_000);
      const died = server.relay.after('up', 1_500_000, () => server.crash());
      const { stderr } = await ends(world, 5, 'backup.sh', ['--full']);
      await died;
      const id = (await setsOf(world)).at(-1) ?? '';
      expect(stderr).toContain(`ERROR remote ${remoteName}:`);
      await server.service.start();
      expect(await hands.list('production')).not.toContain(`production/${id}/manifest.json`);
      await world.install({ remotes: [inProfile(server, { latest: 'latest' })], transfer: impatient });
      await ends(world, 0, 'backup.sh', ['--config']);
      expect(await hands.list('production')).toEqual(expect.arrayContaining(await expectedAt(world)));
      source = await world.state();
    });

    it('that dies in the middle of a download leaves everything as it is, and the same command goes on', async () => {
      const { world, server } = story;
      await writeFile(join(world.paths.uploads, 'later.txt'), 'damaged\n');
      const before = await world.state();
      await world.install({ remotes: [inProfile(server, { latest: 'latest' })], transfer: { ...impatient, timeout: '16s' } });
      const died = server.relay.after('down', 1_500_000, () => server.crash());
      await ends(world, 1, 'restore.sh', ['--from', remoteName, 'latest', '--app', '--ssl', '--yes']);
      await died;
      expect(await world.state()).toEqual(before);
      await server.service.start();
      await world.install({ remotes: [inProfile(server, { latest: 'latest' })], transfer: impatient });
      await ends(world, 0, 'restore.sh', ['--from', remoteName, 'latest', '--app', '--ssl', '--yes']);
      expect((await world.state()).app).toEqual(source.app);
    });

    it('whose file somebody cut off or altered is found out before anything is touched, with the name', async () => {
      const { world, hands } = story;
      const { id, components } = await manifestOf(world, (await setsOf(world)).at(-2));
      const name = components['app']?.file ?? '';
      const file = await damaged(`production/${id}/${name}`);
      await cp(file, `${file}.good`);
      const bytes = components['app']?.bytes ?? 0;
      const before = await world.state();
      for (const damage of ['altered', 'cut']) {
        await writeFile(file, damage === 'cut' ? Buffer.alloc(bytes - 1) : Buffer.alloc(bytes, 'x'));
        await hands.write(`production/${id}/${name}`, file);
        const { stderr } = await ends(world, 6, 'restore.sh', ['--from', remoteName, id, '--app', '--yes']);
        expect(stderr).toContain(id);
        expect(stderr).toContain('app');
        expect(await world.state()).toEqual(before);
      }
      await hands.write(`production/${id}/${name}`, `${file}.good`);
      await ends(world, 0, 'restore.sh', ['--from', remoteName, id, '--app', '--yes']);
    });

    it('still holds what was foreign there from the start', async () => {
      const { world, hands } = story;
      expect(await hands.list()).toEqual(expect.arrayContaining(['production/foreign.txt', 'production/20200101_000000/notes.txt', 'other/20200101_000000/manifest.json', 'zzz']));
      expect(await readdir(world.temporary)).toEqual([]);
      await rm(join(world.root, 'damaged'), { recursive: true });
    });
  });
}
