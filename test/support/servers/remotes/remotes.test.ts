import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capture, type CommandOptions, type CommandResult } from '../../tools/command.ts';
import { Hands, rcloneEnvironment, type RemoteKind, type RemoteServer, type Section } from './remote.ts';
import { startRemote } from './start.ts';

let root: string;
let large: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lifeboat-remotes-'));
  large = join(root, 'large');
  await writeFile(large, randomBytes(6_000_000));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const run = (section: Section, args: readonly string[], ending: Pick<CommandOptions, 'signal' | 'timeoutSeconds'>): Promise<CommandResult> =>
  capture('rclone', ['--retries=1', '--low-level-retries=1', '--contimeout=5s', '--timeout=10s', '--s3-no-check-bucket', ...args], { env: rcloneEnvironment({ r: section }), ...ending });
const rclone = (section: Section, ...args: readonly string[]): Promise<CommandResult> => run(section, args, { timeoutSeconds: 120 });

// A store that is gone or full is asked again and again by some of rclone's libraries: only a time limit of ours ends that.
const patience = 4;

/** The server crashes when so much of the copy has passed. */
async function copyIntoCrash(server: RemoteServer, direction: 'up' | 'down', from: string, to: string): Promise<CommandResult> {
  const ended = new AbortController();
  const copied = run(server.section, ['copyto', from, to], { signal: ended.signal });
  await server.relay.after(direction, 1_000_000, () => server.crash());
  const timer = setTimeout(() => { ended.abort(); }, patience * 1000);
  return copied.finally(() => { clearTimeout(timer); });
}

// What the tests of the scripts rely on, asked of each server by rclone itself.
describe.each<RemoteKind>(['s3', 'gcs', 'azure', 'b2', 'sftp'])('a server of the kind %s', (kind) => {
  let server: RemoteServer;
  let hands: Hands;

  beforeAll(async () => { server = await startRemote(kind, { dir: root }); hands = new Hands(server); });
  afterAll(() => server.close());

  const to = (path = ''): string => `r:${server.bucket}${path}`;

  it('stores, lists, gives back and deletes', async () => {
    await writeFile(join(root, 'small'), 'small');
    expect(await rclone(server.section, 'copyto', join(root, 'small'), to('/a/b/small'))).toMatchObject({ code: 0, stderr: '' });
    expect(await hands.list()).toEqual(['a/b/small']);
    expect(await hands.read('a/b/small')).toBe('small');
    await hands.remove('a/b/small');
    expect(await hands.list()).toEqual([]);
  });

  it('copies on its own side', async () => {
    await hands.write('a/one', join(root, 'small'));
    expect(await rclone(server.section, 'copyto', to('/a/one'), to('/c/two'))).toMatchObject({ code: 0, stderr: '' });
    expect(await hands.list()).toEqual(['a/one', 'c/two']);
    for (const name of ['a/one', 'c/two']) await hands.remove(name);
  });

  if (kind !== 'gcs') it('refuses a wrong login', async () => {
    expect((await rclone(server.refused ?? server.section, 'lsf', to())).code).not.toBe(0);
  });

  if (kind === 's3' || kind === 'azure' || kind === 'b2') it('keeps what an append-only login stored', async () => {
    const login = server.appendOnly ?? server.section;
    expect(await rclone(login, 'copyto', join(root, 'small'), to('/kept'))).toMatchObject({ code: 0, stderr: '' });
    const { code } = await rclone(login, 'deletefile', to('/kept'));
    // At B2 this login may hide a file, which is how rclone deletes there; the version stays.
    if (kind === 'b2') expect((await rclone(server.direct, '--b2-versions', 'lsf', to())).stdout).toMatch(/kept-v/);
    else expect([code === 0, await hands.list()]).toEqual([false, ['kept']]);
  });

  it('has lost nothing that was whole when it was killed in the middle of an upload, and goes on after a start', async () => {
    await hands.write('whole', join(root, 'small'));
    expect((await copyIntoCrash(server, 'up', large, to('/large'))).code).not.toBe(0);
    await server.service.start();
    expect(await hands.list()).toContain('whole');
    expect(await rclone(server.section, 'copyto', large, to('/large'))).toMatchObject({ code: 0, stderr: '' });
    expect(await rclone(server.section, 'check', '--one-way', '--download', '--include', '/large', root, to())).toMatchObject({ code: 0 });
  });

  it('can be slow, and be cut in a download', async () => {
    server.relay.limit = 5_000_000;
    const started = performance.now();
    expect(await rclone(server.section, 'copyto', to('/large'), join(root, `got-${kind}`))).toMatchObject({ code: 0, stderr: '' });
    expect(performance.now() - started).toBeGreaterThan(1100);
    expect((await copyIntoCrash(server, 'down', to('/large'), join(root, `cut-${kind}`))).code).not.toBe(0);
    server.relay.limit = undefined;
  });
});

describe.each<RemoteKind>(['s3', 'gcs', 'azure', 'b2', 'sftp'])('a full server of the kind %s', (kind) => {
  it('refuses what does not fit', async () => {
    const server = await startRemote(kind, { dir: root, megabytes: 4 });
    expect((await run(server.section, ['copyto', large, `r:${server.bucket}/large`], { timeoutSeconds: patience })).code).not.toBe(0);
    expect(await rclone(server.section, 'copyto', join(root, 'small'), `r:${server.bucket}/little`)).toMatchObject({ code: 0, stderr: '' });
    await server.close();
  });
});
