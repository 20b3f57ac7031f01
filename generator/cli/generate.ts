import { resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { unifiedDiff, type Change } from '../output/changes.ts';
import { compareTrees, writeTrees, type TreeChanges } from '../output/write.ts';
import { sh } from '../render/quoting.ts';
import { countProblems, formatProblems } from '../report.ts';
import { compile } from './compile.ts';
import { validProfiles } from './profiles.ts';
import { coloursFor, print, printError } from './terminal.ts';

type Options = { readonly environments: readonly string[]; readonly out: string; readonly check: boolean; readonly strict: boolean };

const defaultOut = 'dist-scripts';

export const generateCommand: CommandModule<object, Options> = {
  command: 'generate [environments..]',
  describe: 'Write the scripts of every named environment, or of none if one is wrong',
  builder: (yargs) =>
    yargs
      .positional('environments', { type: 'string', array: true, default: [], describe: 'Names or paths of profiles; default: all' })
      .option('out', { type: 'string', requiresArg: true, default: defaultOut, describe: 'Directory that gets one folder per environment' })
      .option('check', { type: 'boolean', default: false, describe: 'Write nothing; show what would change, and exit 1 if anything would' })
      .option('strict', { type: 'boolean', default: false, describe: 'Treat warnings as errors' })
      .example('$0 generate production', 'write dist-scripts/production')
      .example('$0 generate --check', 'for CI: fail when dist-scripts is not what the profiles say'),
  handler: async ({ environments, out, check, strict }) => {
    const directory = resolve(out);
    const { loaded, warnings } = await validProfiles(environments, process.cwd(), strict);
    const trees = compile(loaded).map(({ tree }) => tree);
    if (warnings.length > 0) printError(`${formatProblems(warnings, coloursFor(process.stderr))}${countProblems(warnings)}.`);
    if (check) {
      const compared = compareTrees(directory, trees);
      print(checkReport(compared, commandLine(environments, out)));
      process.exitCode = compared.some(({ changes }) => changes.length > 0) ? 1 : 0;
    } else {
      print(writeReport(await writeTrees(directory, trees), out));
    }
  },
};

const marks = { add: '+', change: '~', remove: '-' } as const;

function writeReport(compared: readonly TreeChanges[], out: string): string {
  const all = compared.flatMap(({ changes }) => changes);
  const files = compared.reduce((sum, { tree }) => sum + tree.files.length, 0);
  const lines = compared.flatMap((one) =>
    isUnwritten(one) ? [`+ ${out}/${one.tree.environment}/  (${one.changes.length} files)\n`] : one.changes.map(({ kind, path }) => `${marks[kind]} ${out}/${one.tree.environment}/${path}\n`),
  );
  const result = all.length === 0 ? 'nothing to change' : tally(all, ['added', 'changed', 'removed']);
  const folder = `${out}/${compared.length === 1 ? (compared[0]?.tree.environment ?? '') : '<environment>'}`;
  const next = `Next: copy ${folder}/ to a directory of root's on the server, and run infrastructure/install.sh there`;
  return `${lines.join('')}${files} files in ${out}: ${result}.\n${next}`;
}

function checkReport(compared: readonly TreeChanges[], cure: string): string {
  const all = compared.flatMap(({ changes }) => changes);
  if (all.length === 0) return 'nothing to change';
  const parts = compared.flatMap((one) => (isUnwritten(one) ? [`+ ${one.tree.environment}/  (never generated: ${one.changes.length} files)\n`] : one.changes.map((change) => changeReport(one.tree.environment, change))));
  return `${parts.join('')}${tally(all, ['to add', 'to change', 'to remove'])}. Run: ${cure}`;
}

function isUnwritten({ tree, changes }: TreeChanges): boolean {
  return changes.length === tree.files.length && changes.every(({ kind }) => kind === 'add');
}

function changeReport(environment: string, change: Change): string {
  const notes = [change.note, change.foreign ? 'not written by lifeboat: move it away' : ''].filter((note) => note !== '');
  const said = notes.length > 0 ? `  (${notes.join('; ')})` : '';
  return `${marks[change.kind]} ${environment}/${change.path}${said}\n${unifiedDiff(environment, change)}`;
}

function commandLine(environments: readonly string[], out: string): string {
  const words = ['npx', 'lifeboat', 'generate', ...environments, ...(out === defaultOut ? [] : ['--out', out])];
  return words.map((word) => (/^[\w./@%+=:,-]+$/.test(word) ? word : sh(word))).join(' ');
}

function tally(changes: readonly Change[], [added, changed, removed]: readonly [string, string, string]): string {
  const of = (kind: Change['kind']): number => changes.filter((change) => change.kind === kind).length;
  return `${of('add')} ${added}, ${of('change')} ${changed}, ${of('remove')} ${removed}`;
}
