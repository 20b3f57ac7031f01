import type { CommandModule } from 'yargs';
import { UsageError } from '../errors.ts';
import { explain } from '../plan/explanation.ts';
import { SIZE_PATTERN, type Size } from '../profile/units.ts';
import { viewOf } from './compile.ts';
import { explanationText } from './explanation-text.ts';
import { validProfiles } from './profiles.ts';
import { coloursFor, print, printJson } from './terminal.ts';

type Options = { readonly environments: readonly string[]; readonly json: boolean; readonly 'set-size': string | undefined };

export const explainCommand: CommandModule<object, Options> = {
  command: 'explain [environments..]',
  describe: 'Say what a profile means: schedule, contents, recovery points, services',
  builder: (yargs) =>
    yargs
      .positional('environments', { type: 'string', array: true, default: [], describe: 'Names or paths of profiles; default: all' })
      .option('json', { type: 'boolean', default: false, describe: 'Print a list with one object per environment' })
      .option('set-size', { type: 'string', requiresArg: true, describe: 'What one full set takes, such as 2GB, to compute the storage' })
      .example('$0 explain production', 'what is backed up when, and what can be lost')
      .example('$0 explain production --set-size 2GB', 'the same, with the storage it needs'),
  handler: async ({ environments, json, 'set-size': setSize }) => {
    const size = setSize === undefined ? undefined : toSize(setSize);
    const now = new Date();
    const { loaded } = await validProfiles(environments, process.cwd(), false);
    const explanations = loaded.map((item) => explain(item.profile, viewOf(item), now, size));
    if (json) {
      printJson(explanations);
      return;
    }
    const pages = explanations.map((item) => explanationText(item, coloursFor(process.stdout)));
    print(`${pages.join('\n')}\nNext: lifeboat ${['generate', ...environments].join(' ')}`);
  },
};

function toSize(text: string): Size {
  if (!SIZE_PATTERN.test(text)) {
    throw new UsageError(`--set-size must be a size (got "${text}")`, 'Write a whole number and a unit, such as 2GB or 500MiB');
  }
  return text as Size;
}
