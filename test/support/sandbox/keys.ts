import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { capture, mustRun } from '../tools/command.ts';
import { toolPath } from '../tools/ensure.ts';

/** A pair of keys: the public half as a profile names it, the private one in a file. */
export type Key = { recipient: string; identity: string };

const env = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({ PATH: toolPath(), LC_ALL: 'C', ...more });

export async function ageKey(directory: string, name: string): Promise<Key> {
  const identity = join(directory, `${name}.age`);
  await mustRun('age-keygen', ['-o', identity], { env: env() });
  const recipient = (await mustRun('age-keygen', ['-y', identity], { env: env() })).trim();
  return { recipient, identity };
}

export async function sshKey(directory: string, name: string, type: 'ed25519' | 'rsa' = 'ed25519', passphrase = ''): Promise<Key> {
  const identity = join(directory, `${name}.ssh`);
  await mustRun('ssh-keygen', ['-q', '-t', type, ...(type === 'rsa' ? ['-b', '2048'] : []), '-N', passphrase, '-C', name, '-f', identity], { env: env() });
  return { recipient: (await readFile(`${identity}.pub`, 'utf8')).trim(), identity };
}

export type GpgOptions = {
  /** As gpg takes it: `never`, `20d`. */
  expires?: string;
  /** When it was made, in seconds since 1970; now, when not given. */
  made?: number;
  revoked?: boolean;
  /** It cannot encrypt. */
  signOnly?: boolean;
  passphrase?: string;
};

/** The recipient is the name of a file in the directory, as a profile there names it. */
export async function gpgKey(directory: string, name: string, options: GpgOptions = {}): Promise<Key> {
  const home = await mkdtemp(join(tmpdir(), 'lbk-'));
  const gpg = (args: readonly string[]): Promise<string> =>
    mustRun('gpg', ['--batch', '--no-tty', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', options.passphrase ?? '', ...time(options), ...args], { env: env({ GNUPGHOME: home }), timeoutSeconds: 60 });
  try {
    await gpg(['--quick-gen-key', `${name} <${name}@example.test>`, ...(options.signOnly ? ['ed25519', 'sign'] : ['future-default', 'default']), options.expires ?? 'never']);
    if (options.revoked) await revoke(home, gpg);
    const identity = join(directory, `${name}.private.asc`);
    await writeFile(join(directory, `${name}.asc`), await gpg(['--armor', '--export']));
    await writeFile(identity, await gpg(['--armor', '--export-secret-keys']), { mode: 0o600 });
    return { recipient: `${name}.asc`, identity };
  } finally {
    await mustRun('gpgconf', ['--kill', 'all'], { env: env({ GNUPGHOME: home }) });
    await rm(home, { recursive: true, force: true });
  }
}

const time = ({ made }: GpgOptions): string[] => (made === undefined ? [] : ['--faked-system-time', String(made)]);

/** With the certificate that gpg makes beside each key; a colon keeps it from being used by mistake. */
async function revoke(home: string, gpg: (args: readonly string[]) => Promise<string>): Promise<void> {
  const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(await gpg(['--with-colons', '--list-keys']))?.[1] ?? '';
  const certificate = join(home, 'openpgp-revocs.d', `${fingerprint}.rev`);
  await writeFile(certificate, (await readFile(certificate, 'utf8')).replace(/^:---/m, '---'));
  await gpg(['--import', certificate]);
}

/** Agents that a script below this root left running, and places for keys whose script is gone: nobody else would end them. */
export async function leftOfKeys(root: string): Promise<string[]> {
  let left = await lookForKeys(root);
  // An agent answers that it ends before it does.
  for (let tries = 0; left.length > 0 && tries < 100; tries += 1) {
    await sleep(100);
    left = await lookForKeys(root);
  }
  return left;
}

async function lookForKeys(root: string): Promise<string[]> {
  const listed = (await capture('ps', ['-eo', 'pid=,stat=,args='])).stdout.split('\n');
  const agents = listed.filter((line) => !/^\s*\d+ Z/.test(line) && /gpg-agent|dirmngr|keyboxd/.test(line));
  const left: string[] = [];
  // Those of tests beside this one have another root in their environment.
  for (const line of agents) if (await belongsTo(root, line)) left.push(line);
  for (const name of await readdir('/tmp')) {
    const owner = /^lifeboat\.(\d+)\./.exec(name)?.[1];
    if (owner !== undefined && !(await exists(`/proc/${owner}`)) && (await exists(join('/tmp', name)))) left.push(name);
  }
  return left;
}

async function belongsTo(root: string, agent: string): Promise<boolean> {
  const pid = agent.trim().split(' ')[0] ?? '';
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.includes(root) || agent.includes(root);
}

const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);
