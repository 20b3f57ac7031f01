import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { enlargeDisk } from '../support/servers/remotes/disk.ts';
import { Hands } from '../support/servers/remotes/remote.ts';
import { type B2Server, startB2 } from '../support/servers/remotes/b2.ts';
import { startGcs } from '../support/servers/remotes/gcs.ts';
import { type S3Server, startS3 } from '../support/servers/remotes/s3.ts';
import { startSftp } from '../support/servers/remotes/sftp.ts';
import { forgetHeads, setsOf } from './support/manifest.ts';
import { ends, expectedAt, impatient, inEnvironment, inProfile, remoteName } from './support/remotes.ts';
import { createSmallWorld, type SmallWorld } from './support/small-world.ts';

let world: SmallWorld;
beforeAll(async () => {
  world = await createSmallWorld('remote-network');
  await world.writeUpload('large.bin', 3_000_000);
});
afterAll(() => world.close());

/** Something that one side waits for and the other lets come. */
function turn(): { came: Promise<void>; come: () => void } {
  let come = (): void => undefined;
  const came = new Promise<void>((resolve) => { come = resolve; });
  return { came, come: () => { come(); } };
}

describe('a slow server, or a slow line', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3({ dir: world.root });
    await world.setSecrets(inEnvironment(server.section));
  });
  afterEach(() => { server.relay.limit = undefined; server.relay.thaw(); });
  afterAll(() => server.close());

  it('is waited for as long as something moves', async () => {
    await world.install({ remotes: [inProfile(server)], transfer: { ...impatient, stallTimeout: '30s', timeout: '2m' } });
    // What rclone has sent waits in buffers for seconds: to rclone that looks as if nothing moved.
    server.relay.limit = 600_000;
    const { seconds } = await ends(world, 0, 'backup.sh', ['--full']);
    expect(seconds).toBeGreaterThan(5);
    expect(await new Hands(server).list('production')).toEqual(await expectedAt(world));
  });

  it('is asked for no more than the limit of the profile allows', async () => {
    await world.install({ remotes: [inProfile(server)], transfer: { ...impatient, bandwidthLimit: '1MB' } });
    const { seconds } = await ends(world, 0, 'backup.sh', ['--full']);
    expect(seconds).toBeGreaterThan(3);
  });

  it('that stands still is given up, and meanwhile the next backup is not kept waiting', async () => {
    await world.install({ remotes: [inProfile(server)], transfer: { ...impatient, stallTimeout: '2s', timeout: '20s' } });
    const [standing, moving] = [turn(), turn()];
    const stalled = server.relay.after('up', 500_000, () => { standing.come(); return moving.came; });
    let over = false;
    const first = ends(world, 5, 'backup.sh', ['--full']).finally(() => { over = true; });
    await standing.came;
    const second = await ends(world, 0, 'backup.sh', ['--config']);
    expect(over).toBe(false);
    expect(second.log).toContain('another run is uploading');
    await first;
    moving.come();
    await stalled;
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    expect(await new Hands(server).list('production')).toEqual(await expectedAt(world));
  });

  it('with another idea of the time is told as what it is', async () => {
    await world.install({ remotes: [inProfile(server)], transfer: impatient });
    server.relay.answer = {
      status: 403,
      type: 'application/xml',
      body: '<?xml version="1.0" encoding="UTF-8"?><Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current time is too large.</Message></Error>',
    };
    const { stderr } = await ends(world, 5, 'backup.sh', ['--config']);
    server.relay.answer = undefined;
    expect(stderr).toMatch(/RequestTimeTooSkewed|request time/);
    expect(stderr).toContain(`ERROR remote ${remoteName}:`);
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
  });
});

describe('a server that is full', () => {
  it.each([['s3', startS3], ['b2', startB2], ['sftp', startSftp]] as const)('of the kind %s keeps the set from being one, until there is room', async (_, start) => {
    const server = await start({ dir: world.root, megabytes: 2 });
    await rm(world.paths.backups, { recursive: true });
    await world.setSecrets(inEnvironment(server.section));
    await world.install({ remotes: [inProfile(server)], transfer: { ...impatient, timeout: '10s' } });
    const { stderr } = await ends(world, 5, 'backup.sh', ['--full']);
    expect(stderr).toContain(`ERROR remote ${remoteName}:`);
    const newest = (await setsOf(world)).at(-1) ?? '';
    const hands = new Hands(server);
    expect(await hands.list('production')).not.toContain(`production/${newest}/manifest.json`);
    await enlargeDisk(server.service, server.dataDirectory, 100);
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
    expect(await hands.list('production')).toEqual(await expectedAt(world));
    await server.close();
  });
});

describe('what B2 answers now and then', () => {
  let server: B2Server;
  beforeAll(async () => {
    server = await startB2({ dir: world.root });
    await forgetHeads(world); // it is another store that bears the name
    await world.setSecrets(inEnvironment(server.section));
    await world.install({ remotes: [inProfile(server)], transfer: { ...impatient, retries: 2 } });
  });
  afterAll(() => server.close());

  it.each([[503, 2], [401, 1]])('is tried again: %i', async (status, times) => {
    await server.fault('upload', status, times);
    await ends(world, 0, 'backup.sh', ['--config']);
    expect(await new Hands(server).list('production')).toEqual(await expectedAt(world));
  });

  it('is told where it does not help to try again: the cap of the account', async () => {
    await server.fault('upload', 403, 1000);
    const { stderr } = await ends(world, 5, 'backup.sh', ['--config']);
    expect(stderr).toContain('storage_cap_exceeded');
    await server.fault('upload', 403, 0);
    await ends(world, 0, 'backup.sh', ['--sync-remotes']);
  });
});

describe('what Google answers to a wrong login or for a missing bucket', () => {
  it.each([
    [401, 'Invalid Credentials', 'authError'],
    [403, 'does not have storage.objects.list access', 'forbidden'],
    [404, 'The specified bucket does not exist.', 'notFound'],
  ])('%i fails the remote and not the backup', async (status, message, reason) => {
    const server = await startGcs({ dir: world.root });
    await world.setSecrets(inEnvironment(server.section));
    await world.install({ remotes: [inProfile(server)], transfer: impatient });
    server.relay.answer = { status, type: 'application/json', body: JSON.stringify({ error: { code: status, message, errors: [{ message, domain: 'global', reason }] } }) };
    const before = await setsOf(world);
    const { stderr } = await ends(world, 5, 'backup.sh', ['--config']);
    expect(stderr).toContain(`ERROR remote ${remoteName}:`);
    expect(await setsOf(world)).toHaveLength(before.length + 1);
    await server.close();
  });
});
