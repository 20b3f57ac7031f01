// The questions of `init`: each has a flag, a default and a check. Answers come from flags first, then from the person, then from defaults.
import { cancel, confirm, intro, isCancel, outro, select, text } from '@clack/prompts';
import { basename } from 'node:path';
import { z } from 'zod';
import { UsageError, UserError } from '../errors.ts';
import { ageRecipient } from '../profile/schema-backup.ts';
import { absolutePath, domainName, environmentName, slug, userName } from '../profile/primitives.ts';

export const FORMATS = ['ts', 'yaml', 'json'] as const;

export type Answers = {
  readonly environment: string;
  readonly app: string;
  readonly domain: string;
  readonly user: string;
  readonly root: string;
  readonly mongodb: boolean;
  readonly redis: boolean;
  /** A public key that opens the backups; empty for none. */
  readonly recipient: string;
  readonly format: (typeof FORMATS)[number];
};
export type GivenAnswers = { readonly [Name in keyof Answers]?: Answers[Name] | undefined };
type Context = { readonly cwd: string; readonly ask: boolean; readonly defaults: boolean };

type TextName = 'environment' | 'app' | 'domain' | 'user' | 'root' | 'recipient';
type TextQuestion = {
  readonly flag: string;
  readonly message: string;
  readonly type: z.ZodType<string>;
  readonly fallback: (known: GivenAnswers, cwd: string) => string;
};

const TEXT_QUESTIONS: Readonly<Record<TextName, TextQuestion>> = {
  environment: { flag: 'environment', message: 'Name of the environment?', type: environmentName, fallback: () => 'production' },
  app: { flag: '--app', message: 'Short name of the application?', type: slug, fallback: (_, cwd) => slugOf(basename(cwd)) },
  domain: { flag: '--domain', message: 'Its public domain?', type: domainName, fallback: ({ app }) => `${app ?? 'app'}.example.com` },
  user: { flag: '--user', message: 'Unix user that owns it?', type: userName, fallback: ({ app }) => app ?? 'app' },
  root: {
    flag: '--root',
    message: 'Directory that it is in?',
    type: absolutePath,
    fallback: ({ app, user }) => `${user === 'root' ? '/root' : `/home/${user ?? ''}`}/${app ?? ''}`,
  },
  recipient: {
    flag: '--recipient',
    message: 'Public key of age that opens the backups? (recommended; made by "age-keygen" away from the server; empty for none)',
    type: z.string().refine((value) => value === '' || ageRecipient.safeParse(value).success, 'must be a public key of age ("age1…"), or of SSH ("ssh-ed25519 …" or "ssh-rsa …")'),
    fallback: () => '',
  },
};

// Without these a profile would be a guess, so only a person, a flag or --yes may settle them.
const REQUIRED: readonly TextName[] = ['app', 'domain'];

export async function collectAnswers(given: GivenAnswers, context: Context): Promise<Answers> {
  refuseWrongFlags(given);
  if (!context.ask && !context.defaults) {
    refuseMissing(given);
  }
  if (context.ask) {
    intro('A first profile');
  }
  const environment = await answerText('environment', given, context);
  const app = await answerText('app', given, context);
  const domain = await answerText('domain', { ...given, app }, context);
  const user = await answerText('user', { ...given, app }, context);
  const root = await answerText('root', { ...given, app, user }, context);
  const mongodb = given.mongodb ?? (await answerBoolean('Back up MongoDB?', context));
  const redis = given.redis ?? (await answerBoolean('Back up Redis?', context));
  const recipient = await answerText('recipient', given, context);
  const format = given.format ?? (await answerFormat(context));
  if (context.ask) {
    outro('That is all.');
  }
  return { environment, app, domain, user, root, mongodb, redis, recipient, format };
}

function refuseWrongFlags(given: GivenAnswers): void {
  for (const [name, { flag, type }] of Object.entries(TEXT_QUESTIONS) as [TextName, TextQuestion][]) {
    const value = given[name];
    const message = value === undefined ? undefined : complaint(type, value);
    if (message !== undefined) {
      // What is no public key may be a private one, and is not repeated.
      const got = name === 'recipient' ? '' : ` (got ${JSON.stringify(value)})`;
      throw new UsageError(`${flag} ${message}${got}`, 'Run "npx lifeboat init --help" for the options.');
    }
  }
}

function refuseMissing(given: GivenAnswers): void {
  const missing = REQUIRED.filter((name) => given[name] === undefined).map((name) => TEXT_QUESTIONS[name].flag);
  if (missing.length > 0) {
    throw new UsageError(
      `there is no terminal to ask on, and ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not given`,
      `Give ${missing.join(' and ')}, or --yes to take defaults.`,
    );
  }
}

function complaint(type: z.ZodType, value: string): string | undefined {
  return type.safeParse(value).error?.issues[0]?.message;
}

async function answerText(name: TextName, known: GivenAnswers, { ask, cwd }: Context): Promise<string> {
  const { message, type, fallback } = TEXT_QUESTIONS[name];
  const value = known[name];
  if (value !== undefined) {
    return value;
  }
  const initialValue = fallback(known, cwd);
  return ask ? answered(await text({ message, initialValue, validate: (value) => complaint(type, value ?? '') })) : initialValue;
}

async function answerBoolean(message: string, { ask }: Context): Promise<boolean> {
  return ask ? answered(await confirm({ message, initialValue: true })) : true;
}

async function answerFormat({ ask }: Context): Promise<Answers['format']> {
  const options = [
    { value: 'ts' as const, label: 'TypeScript', hint: 'completion and types in editors' },
    { value: 'yaml' as const, label: 'YAML' },
    { value: 'json' as const, label: 'JSON' },
  ];
  return ask ? answered(await select({ message: 'Language of the profile?', options })) : 'ts';
}

function answered<Value>(value: Value): Exclude<Value, symbol> {
  if (isCancel(value)) {
    cancel('Nothing was written.');
    throw new UserError('init was cancelled');
  }
  return value as Exclude<Value, symbol>;
}

function slugOf(name: string): string {
  const slugged = name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '').slice(0, 40);
  return slugged === '' ? 'app' : slugged;
}
