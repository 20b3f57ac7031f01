// Secrets never stand in a profile: it is committed, and its values end up in scripts. What looks like one is refused without repeating it.
import { isRecord } from '../profile/define.ts';
import type { FieldPath } from '../profile/field-path.ts';

type Secret = { readonly path: FieldPath; readonly what: string };

const KNOWN_FORMS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY/, 'a private key'],
  [/AGE-SECRET-KEY-1/i, 'an age identity'],
  [/(?:^|[^A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?:[^A-Z0-9]|$)/, 'an AWS access key'],
  [/(?:^|[^\w])(?:gh[pousr]_[A-Za-z0-9]{30}|github_pat_\w{30}|xox[abprs]-[\w-]{10}|sk_live_\w{10}|AIza[\w-]{30}|glpat-[\w-]{15})/, 'an access token'],
  [/(?:^|[^\w])eyJ[\w-]{10,}\.eyJ[\w-]{10,}/, 'an access token'],
  [/^[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:[^\s/@]+@/i, 'a password inside a connection string'],
  [/[?&]sig=[\w%+/-]{8}/i, 'a shared access signature'],
  [/(?:^|[^\w])K00\d[A-Za-z0-9+/]{27}(?:[^\w]|$)/, 'a Backblaze key'],
  [/(?:^|;)AccountKey=./i, 'a connection string with a key'],
  [/^RCLONE_[A-Z0-9_]*(?:KEY|KEY_ID|PASS|SECRET|TOKEN|CREDENTIALS|SAS_URL|PEM)=./, 'a secret of rclone'],
  [/^-{1,2}(?:password|passwd|pass|passphrase|secret|token|api-?key)=./i, 'a password on a command line'],
];
const SECRET_FLAG = /^-{1,2}(?:password|passwd|pass|passphrase|secret|token|api-?key)$/i;
const SECRET_NAME = /pass(?:word|wd|phrase)?$|secret|token|credential|(?:api|access|private|encryption|secret)[-_]?key$/i;
// Public by nature, and just as random.
const PUBLIC_NAME = /^recipients$|Variable$|File$|Directory$/;

export function findSecrets(data: unknown, path: FieldPath = []): Secret[] {
  if (typeof data === 'string') {
    const what = secretIn(data, path);
    return what === undefined ? [] : [{ path, what }];
  }
  if (Array.isArray(data)) {
    return data.flatMap((item: unknown, index) =>
      typeof item === 'string' && SECRET_FLAG.test(String(data[index - 1])) && !item.startsWith('-')
        ? [{ path: [...path, index], what: 'a password on a command line' }]
        : findSecrets(item, [...path, index]),
    );
  }
  return isRecord(data) ? Object.entries(data).flatMap(([key, value]) => findSecrets(value, [...path, key])) : [];
}

function secretIn(value: string, path: FieldPath): string | undefined {
  const name = path.findLast((part) => typeof part === 'string') ?? '';
  const known = KNOWN_FORMS.find(([pattern]) => pattern.test(value))?.[1];
  if (known !== undefined || PUBLIC_NAME.test(name)) {
    return known;
  }
  if (SECRET_NAME.test(name) && value !== '') {
    return 'a secret';
  }
  return looksRandom(value) ? 'a random key' : undefined;
}

/** Long text without words, as base64 or hex keys are. */
function looksRandom(value: string): boolean {
  const base64 = /^[A-Za-z0-9+_-]{32,}={0,2}$/.test(value) || /^[A-Za-z0-9+/]{32,}={1,2}$/.test(value);
  const mixed = /\d/.test(value) && ((/[a-z]/.test(value) && /[A-Z]/.test(value)) || /^[0-9a-f]+$/i.test(value));
  return base64 && mixed && entropy(value) > 3;
}

/** Shannon entropy in bits for each character. */
function entropy(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  return [...counts.values()].reduce((sum, count) => sum - (count / value.length) * Math.log2(count / value.length), 0);
}
