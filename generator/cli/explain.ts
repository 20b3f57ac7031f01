import type { CommandModule } from 'yargs';
import { UsageError } from '../errors.ts';
import { explain } from '../plan/explanation.ts';
import type { Sizes } from '../plan/storage.ts';
import { SIZE_PATTERN, type Size } from '../profile/units.ts';
import { viewOf } from './compile.ts';
import { explanationText } from './explanation-text.ts';
import { validProfiles } from './profiles.ts';
import { coloursFor, print, printJson } from './terminal.ts';

type Options = {
  readonly environments: readonly string[];
  readonly json: boolean;
  readonly 'set-size': string | undefined;
  readonly 'slice-size-per-day': string | undefined;
  readonly 'change-size': string | undefined;
};

export const explainCommand: CommandModule<object, Options> = {
  command: 'explain [environments..]',
  describe: 'Say what a profile means: schedule, contents, what can be restored, what is kept',
  builder: (yargs) =>
    yargs
      .positional('environments', { type: 'string', array: true, default: [], describe: 'Names or paths of profiles; default: all' })
      .option('json', { type: 'boolean', default: false, describe: 'Print a list with one object per environment' })
      .option('set-size', { type: 'string', requiresArg: true, describe: 'What one full set takes, such as 2GB, to compute the storage' })
      .option('slice-size-per-day', { type: 'string', requiresArg: true, describe: 'What the slices of one day of oplog take, as stored; goes with --set-size' })
      .option('change-size', { type: 'string', requiresArg: true, describe: 'What Redis and the changed files of one incremental set take; goes with --set-size' })
      .implies({ 'slice-size-per-day': 'set-size', 'change-size': 'set-size' })
      .example('$0 explain production', 'what is backed up when, and what can be lost')
      .example('$0 explain production --set-size 2GB', 'the same, with the storage it needs'),
  handler: async (options) => {
    const { environments, json } = options;
    const sizes = sizesOf(options);
    const now = new Date();
    const { loaded } = await validProfiles(environments, process.cwd(), false);
    const explanations = loaded.map((item) => explain(item.profile, viewOf(item), now, sizes));
    if (json) {
      printJson(explanations);
      return;
    }
    const pages = explanations.map((item) => explanationText(item, coloursFor(process.stdout)));
    print(`${pages.join('\n')}\nNext: npx lifeboat ${['generate', ...environments].join(' ')}`);
  },
};

function sizesOf(options: Options): Sizes | undefined {
  const set = toSize('set-size', options);
  if (set === undefined) return undefined;
  return { set, slicesPerDay: toSize('slice-size-per-day', options), changes: toSize('change-size', options) };
}

function toSize(option: 'set-size' | 'slice-size-per-day' | 'change-size', { [option]: text }: Options): Size | undefined {
  if (text !== undefined && !SIZE_PATTERN.test(text)) {
    throw new UsageError(`--${option} must be a size (got "${text}")`, 'Write a whole number and a unit, such as 2GB or 500MiB');
  }
  return text as Size | undefined;
}
