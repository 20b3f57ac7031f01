// The narrow types of a profile. Each refuses what could not survive as a shell word, a file name or a log line, and nothing else: quotes,
// spaces, dollar signs and every script are welcome, since values reach a script only as quoted literals. `examples` become the cure that
// an error suggests, and travel into the JSON Schema; where they would be of another field, each field has its own, or its default serves.
import { z } from 'zod';
import { longestGap } from './cron-gaps.ts';
import { type Duration, DURATION_PATTERN, type Size, SIZE_PATTERN } from './units.ts';

// Control characters, line separators, lone surrogates, and the marks that make text read differently from what it is.
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

const printable = (value: string): boolean => !UNPRINTABLE.test(value);
const bytes = (value: string): number => new TextEncoder().encode(value).length;

function matching(pattern: RegExp, what: string, example?: string): z.ZodString {
  const type = z.string().regex(pattern, `must be ${what}`).meta({ title: what.replace(/^an? /, '') });
  return example === undefined ? type : type.meta({ examples: [example] });
}

/** Free text of one line. */
export const text = z
  .string()
  .min(1, 'must not be empty')
  .max(1000, 'must be at most 1000 characters')
  .refine(printable, 'must not hold control characters, line breaks or invisible marks');

export const environmentName = matching(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and "-", starting with a letter', 'production');
export const slug = matching(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and "-", starting with a letter', 'plugspace');
export const userName = matching(/^[a-z_][a-z0-9_-]{0,31}$/, 'a Unix user name', 'plugspace');
export const unitName = matching(/^[A-Za-z0-9_][A-Za-z0-9:_.@\\-]{0,199}$/, 'a systemd unit name', 'mongod');
export const fileName = matching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/, 'the name of a file, without a directory', 'dump.rdb');
export const variableName = matching(/^[A-Z_][A-Z0-9_]{0,63}$/, 'the name of an environment variable');
export const databaseName = matching(/^[^\s/\\."$*<>:|?\p{Cc}\p{Cs}-][^\s/\\."$*<>:|?\p{Cc}\p{Cs}]{0,37}$/u, 'a MongoDB database name', 'plugspace');
export const replicaSetName = matching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, 'a replica set name', 'rs0');
export const version = matching(/^\d{1,2}\.\d{1,2}$/, 'a version of two numbers', '7.0');

const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const HOST = `(?:${LABEL}(?:\\.${LABEL})*)`;
export const domainName = matching(new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})+$`), 'a full domain name', 'plugspace.io');
export const hostName = matching(new RegExp(`^(?=.{1,253}$)(?:${HOST}|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*)$`), 'a host name or an address');
export const hostAndPort = matching(
  new RegExp(`^(?:${HOST}|\\[[0-9a-fA-F:.]+\\]):(?:[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])$`),
  'a host and a port',
  '127.0.0.1:27017',
);
export const email = matching(/^[A-Za-z0-9._%+][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/, 'a mail address', 'admin@plugspace.io');

export const port = z
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(65_535, 'must be at most 65535')
  .meta({ title: 'port' });

/** Absolute, normalised, not the root itself: two spellings of one path would defeat every comparison. */
export const absolutePath = z
  .string()
  .refine((value) => value.startsWith('/') && value.length > 1, 'must be an absolute path')
  .refine((value) => !value.startsWith('/') || value === '/' || isNormal(value.slice(1)), 'must not hold ".", "..", "//" or a final "/"')
  .refine(printable, 'must not hold control characters, line breaks or invisible marks')
  .refine(fitsFileSystem, 'must be at most 4000 bytes, and 255 for each name')
  .meta({ title: 'absolute path' });

/** Below some directory; "." is the directory itself. */
export const relativePath = z
  .string()
  .min(1, 'must not be empty')
  .refine((value) => !value.startsWith('/'), 'must be relative to app.root')
  .refine((value) => value === '.' || value.startsWith('/') || isNormal(value), 'must not hold ".", "..", "//" or a final "/"')
  .refine(printable, 'must not hold control characters, line breaks or invisible marks')
  .refine(fitsFileSystem, 'must be at most 4000 bytes, and 255 for each name')
  .meta({ title: 'path below app.root', examples: ['uploads'] });

function isNormal(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function fitsFileSystem(path: string): boolean {
  return bytes(path) <= 4000 && path.split('/').every((part) => bytes(part) <= 255);
}

/** A command as an argument array: nothing in it is ever read by a shell. */
export const command = z
  .tuple([text.refine((value) => !value.startsWith('-'), 'must be a program, not an option')], text)
  .meta({ title: 'command, as an argument array' });

export const duration = z
  .string()
  .regex(DURATION_PATTERN, 'must be a duration: a whole number and one of s, m, h, d, w')
  .meta({ title: 'duration' }) as unknown as z.ZodType<Duration, Duration>;

export const size = z
  .string()
  .regex(SIZE_PATTERN, 'must be a size: a whole number and one of B, KB, MB, GB, TB, KiB, MiB, GiB, TiB')
  .meta({ title: 'size' }) as unknown as z.ZodType<Size, Size>;

export const cronExpression = z
  .string()
  .superRefine((value, context) => {
    try {
      if (longestGap([value]) === Infinity) {
        context.addIssue({ code: 'custom', message: 'names a day that no month has, so it never runs' });
      }
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof RangeError ? error.message : 'must be a cron expression' });
    }
  })
  .meta({ title: 'five cron fields' });

export const timeZone = z
  .string()
  .refine(isTimeZone, 'must be a time zone name')
  .meta({ title: 'time zone', examples: ['Europe/Berlin'] });

// A list of the supported zones leaves out the other names of each, such as Asia/Kolkata. Names are as the server's files are called, so in
// their own case.
function isTimeZone(value: string): boolean {
  try {
    return /^[A-Z][\w+-]*(\/[A-Z][\w+-]*){0,2}$/.test(value) && Boolean(new Intl.DateTimeFormat('en', { timeZone: value }));
  } catch {
    return false;
  }
}

export const webAddress = z
  .string()
  .refine((value) => /^https?:\/\/[^\s@/?#]+(?:[/?#]\S*)?$/.test(value) && URL.canParse(value), 'must be an http or https address without a login')
  .refine(printable, 'must not hold control characters, line breaks or invisible marks')
  .meta({ title: 'address' });
