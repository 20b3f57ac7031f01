// Public keys that a profile names by file: scripts hold them, so that a server needs no keyring.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Located, Problem } from '../errors.ts';
import { type FieldPath, formatPath } from '../profile/field-path.ts';
import type { Profile } from '../profile/schema.ts';

type KeyFiles = { /** The lines of all keys, one key after the other. */ readonly gpgKeys: readonly string[]; readonly problems: readonly Problem[] };

/** Reads the GnuPG keys of a profile, each from beside the file that names it. */
export function readKeyFiles({ backup: { encryption } }: Profile, locate: (path: FieldPath) => Located, cwd: string): KeyFiles {
  const files = encryption.method === 'gpg' ? encryption.keyFiles : [];
  const read = files.map((file, index) => {
    const path = ['backup', 'encryption', 'keyFiles', index];
    const place = locate(path);
    const { lines, reason } = readKey(resolve(cwd, dirname(place.file), file));
    const problem: Problem = { ...place, path: formatPath(path), code: 'key', severity: 'error', message: `${JSON.stringify(file)} ${reason}`, fix: FIX };
    return reason === '' ? { lines, problems: [] } : { lines, problems: [problem] };
  });
  return { gpgKeys: read.flatMap(({ lines }) => lines), problems: read.flatMap(({ problems }) => problems) };
}

const FIX = 'Write one public key into a file beside the profile: gpg --armor --export admin@plugspace.io >admin@plugspace.io.asc';
const BEGIN = '-----BEGIN PGP PUBLIC KEY BLOCK-----';
const END = '-----END PGP PUBLIC KEY BLOCK-----';

function readKey(file: string): { lines: readonly string[]; reason: string } {
  const text = textOf(file);
  const lines = text?.trim().split(/[ \t\r]*\n/) ?? [];
  if (text === undefined) return { lines, reason: 'cannot be read' };
  if (text.includes('PRIVATE KEY')) return { lines: [], reason: 'holds a private key, which belongs neither here nor on the server' };
  if (lines[0] !== BEGIN || lines.at(-1) !== END || lines.filter((line) => line.startsWith('-----')).length !== 2) return { lines, reason: 'does not hold one armored public key' };
  return lines.every((line) => /^[\x20-\x7e]{0,200}$/.test(line)) ? { lines, reason: '' } : { lines, reason: 'holds more than an armored public key' };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
