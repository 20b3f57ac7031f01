import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandResult, capture } from '../../tools/command.ts';
import { toolPath } from '../../tools/ensure.ts';
import type { Service } from '../service.ts';
import type { Relay } from './relay.ts';

export type RemoteKind = 's3' | 'gcs' | 'azure' | 'b2' | 'sftp';

/** Options of an rclone remote by their names in a section of rclone.conf, the type among them. */
export type Section = Readonly<Record<string, string>>;

/** A real server that backups are copied to. The scripts reach it through the relay, the test past it. */
export type RemoteServer = {
  kind: RemoteKind;
  service: Service;
  relay: Relay;
  /** As in a profile: a bucket, a container, or a directory on the host. It exists. */
  bucket: string;
  /** How the scripts log in. */
  section: Section;
  /** The same with a login that the server refuses; undefined where it asks for none. */
  refused: Section | undefined;
  /** The same with a login that may write and list and read, and not delete; undefined where the server knows no such thing. */
  appendOnly: Section | undefined;
  /** The same past the relay, with every right: for the test's own hands. */
  direct: Section;
  /** Ends it at once; what was stored stays, and `service.start()` brings it back. */
  crash: () => Promise<void>;
  close: () => Promise<void>;
};

/** The directory of servers is `dir`; with `megabytes` their disk is that small. */
export type RemoteOptions = { dir: string; megabytes?: number };

/** What a test looks at and does at a remote behind the scripts' back. Names are relative to the bucket. */
export class Hands {
  constructor(readonly server: RemoteServer) {}

  async list(directory = ''): Promise<string[]> {
    const listed = await this.#rclone(['lsf', '--recursive', '--files-only', this.#at(directory)]);
    // A directory that is not there is an empty one for stores of objects.
    if (listed.code !== 0 && listed.code !== 3) throw new Error(listed.stderr);
    return listed.stdout.split('\n').filter((line) => line !== '').map((line) => (directory === '' ? line : `${directory}/${line}`)).sort();
  }

  async read(path: string): Promise<string> {
    return (await this.#must(['cat', this.#at(path)])).stdout;
  }

  /** Bytes from a local file. */
  async write(path: string, file: string): Promise<void> {
    await this.#must(['copyto', '--ignore-times', file, this.#at(path)]);
  }

  async remove(path: string): Promise<void> {
    await this.#must(['deletefile', this.#at(path)]);
  }

  /** The other way: from the bucket into a local directory. */
  async fetch(path: string, directory: string): Promise<void> {
    await this.#must(['copy', this.#at(path), directory]);
  }

  #at(path: string): string {
    return `direct:${this.server.bucket}${path === '' ? '' : `/${path}`}`;
  }

  async #must(args: readonly string[]): Promise<CommandResult> {
    const result = await this.#rclone(args);
    if (result.code !== 0) throw new Error(`rclone ${args.join(' ')}: ${result.stderr}`);
    return result;
  }

  #rclone(args: readonly string[]): Promise<CommandResult> {
    return capture('rclone', ['--retries=1', '--contimeout=5s', '--timeout=20s', ...args], { env: rcloneEnvironment({ direct: this.server.direct }), timeoutSeconds: 60 });
  }
}

/** The environment in which rclone knows these remotes and nothing else. */
export function rcloneEnvironment(remotes: Readonly<Record<string, Section>>): NodeJS.ProcessEnv {
  const options = Object.entries(remotes).flatMap(([name, section]) =>
    Object.entries(section).map(([option, value]) => [`RCLONE_CONFIG_${name.toUpperCase()}_${option.toUpperCase()}`, value] as const),
  );
  return { PATH: toolPath(), HOME: '/nonexistent', RCLONE_CONFIG: '/dev/null', ...Object.fromEntries(options) };
}

/** As an administrator writes it. rclone takes a value as it stands, to the end of the line. */
export const configFile = (remotes: Readonly<Record<string, Section>>): string =>
  Object.entries(remotes)
    .map(([name, section]) => `[${name}]\n${Object.entries(section).map(([option, value]) => `${option} = ${value}\n`).join('')}`)
    .join('\n');

/** A server's own place below the root of a test. */
export const placeFor = (dir: string, kind: RemoteKind): Promise<string> => mkdtemp(join(dir, `remote-${kind}-`));
