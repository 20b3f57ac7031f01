import { readFile, mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from '../../tools/command.ts';
import { ensureTools, toolPath } from '../../tools/ensure.ts';
import { freePort } from '../ports.ts';
import { answersOn, installService, programPath } from '../service.ts';
import { Relay } from './relay.ts';
import { placeFor, type RemoteOptions, type RemoteServer, type Section } from './remote.ts';

export type SftpServer = RemoteServer & {
  dataDirectory: string;
  /** The file with the server's key as a client knows it, by the relay's port. */
  knownHosts: string;
  keyFile: string;
  /** What the login may do from its next connection on. */
  allow: (what: 'everything' | 'reading' | 'all but deleting') => Promise<void>;
};

const namespace = fileURLToPath(new URL('namespace.sh', import.meta.url));
const forms = {
  everything: '',
  reading: '-R',
  // Writing over a file still works: the protocol has no way to forbid it.
  'all but deleting': '-P remove,rmdir,rename,posix-rename,setstat,fsetstat',
} as const;

/** A throwaway sshd with SFTP alone, for the user who runs the test. */
export async function startSftp(options: RemoteOptions): Promise<SftpServer> {
  await ensureTools(['sshd', 'ssh-keygen', 'rclone']);
  const dir = await placeFor(options.dir, 'sftp');
  const dataDirectory = join(dir, 'data');
  await mkdir(dataDirectory);
  const port = await freePort();
  for (const name of ['host', 'user', 'stranger']) await mustRun('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(dir, name)], { env: { ...process.env, PATH: toolPath() } });
  const server = [await programPath('sshd'), '-D', '-e', '-f', join(dir, 'sshd_config')];
  const disk = options.megabytes === undefined ? [] : ['bash', namespace, 'disk', String(options.megabytes), dataDirectory];
  const service = await installService(dir, { name: 'sftp', command: [...disk, 'bash', namespace, 'sshd', ...server], directory: 'run', ready: answersOn(port) });
  const configure = (form: string): Promise<void> => writeFile(join(dir, 'sshd_config'), config(dir, port, form));
  await configure('');
  await service.start();
  const relay = await Relay.open(port);
  const knownHosts = join(dir, 'known_hosts');
  const hostKey = (await readFile(join(dir, 'host.pub'), 'utf8')).trim();
  await writeFile(knownHosts, [relay.port, port].map((at) => `[127.0.0.1]:${at} ${hostKey}\n`).join(''));
  const section = (at: number, key: string): Section =>
    ({ type: 'sftp', host: '127.0.0.1', port: String(at), user: userInfo().username, key_file: join(dir, key), known_hosts_file: knownHosts, shell_type: 'none' });
  return {
    kind: 'sftp',
    service,
    relay,
    bucket: dataDirectory,
    section: section(relay.port, 'user'),
    refused: section(relay.port, 'stranger'),
    appendOnly: undefined,
    direct: section(port, 'user'),
    dataDirectory,
    knownHosts,
    keyFile: join(dir, 'user'),
    // What keeps its process namespace is deaf to any other signal.
    allow: async (what) => {
      await service.kill();
      await configure(forms[what]);
      await service.start();
    },
    crash: () => service.kill(),
    close: () => relay.close().then(() => service.kill()),
  };
}

const config = (dir: string, port: number, form: string): string => `
ListenAddress 127.0.0.1:${port}
HostKey ${join(dir, 'host')}
AuthorizedKeysFile ${join(dir, 'user.pub')}
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
ForceCommand internal-sftp -u 0077 ${form}
`;
