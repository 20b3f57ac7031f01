import { diffLines } from 'diff';
import type { CommandModule } from 'yargs';
import { UserError } from '../errors.ts';
import { checksumFile } from '../output/tree.ts';
import { differencesOf, type Difference } from '../plan/differences.ts';
import { compile, type Compiled } from './compile.ts';
import { validProfiles } from './profiles.ts';
import { print } from './terminal.ts';

type Options = { readonly from: string; readonly to: string };

export const diffCommand: CommandModule<object, Options> = {
  command: 'diff <from> <to>',
  describe: 'Say how two environments differ: fields, then files',
  builder: (yargs) =>
    yargs
      .positional('from', { type: 'string', demandOption: true, describe: 'An environment, or the path of a profile' })
      .positional('to', { type: 'string', demandOption: true, describe: 'The one it is compared with' })
      .example('$0 diff production staging', 'what staging has that production has not'),
  handler: async ({ from, to }) => {
    const { loaded } = await validProfiles([from, to], process.cwd(), false);
    const [before, after] = compile(loaded);
    if (!before || !after) throw new UserError(`"${from}" and "${to}" are the same profile`, 'Name two environments');
    print(diffText(before, after));
  },
};

function diffText(before: Compiled, after: Compiled): string {
  const [from, to] = [before.loaded.environment, after.loaded.environment];
  const fields = differencesOf(before.loaded.profile, after.loaded.profile).map(differenceText);
  const files = fileDifferences(before, after);
  const list = (heading: string, lines: readonly string[]): string => `${heading}\n${lines.map((line) => `  ${line}\n`).join('')}\n`;
  const counts = `${fields.length} fields and ${files.length} files differ.`;
  return `${list(`Fields, ${from} -> ${to}`, fields)}${list(`Files, ${from} -> ${to}`, files)}${counts}`;
}

function differenceText({ path, before, after }: Difference): string {
  return `${path}: ${shown(before)} -> ${shown(after)}`;
}

function shown(value: unknown): string {
  return value === undefined ? '(not set)' : JSON.stringify(value);
}

function fileDifferences(before: Compiled, after: Compiled): string[] {
  const [old, fresh] = [textsOf(before), textsOf(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((path) => {
    const [a, b] = [old.get(path), fresh.get(path)];
    if (a === b) return [];
    if (a === undefined) return [`+ ${path}`];
    if (b === undefined) return [`- ${path}`];
    const lines = (side: 'added' | 'removed'): number => diffLines(a, b).reduce((sum, part) => sum + (part[side] ? part.count : 0), 0);
    return [`~ ${path}  (-${lines('removed')} +${lines('added')} lines)`];
  });
}

function textsOf({ tree }: Compiled): Map<string, string> {
  return new Map(tree.files.filter(({ path }) => path !== checksumFile).map(({ path, text }) => [path, text]));
}
