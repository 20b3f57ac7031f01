import { resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { unifiedDiff, type Change } from '../output/changes.ts';
import { compareTrees, writeTrees, type TreeChanges } from '../output/write.ts';
import { loadProfiles } from '../profile/load.ts';
import { compile } from './compile.ts';

type Options = { readonly env: readonly string[]; readonly out: string; readonly check: boolean; readonly strict: boolean };

export const generateCommand: CommandModule<object, Options> = {
  command: 'generate [env..]',
  describe: 'Write the scripts of the named environments, or of all',
  builder: (yargs) =>
    yargs
      .positional('env', { type: 'string', array: true, default: [], describe: 'Environments, or paths of profiles' })
      .option('out', { type: 'string', requiresArg: true, default: 'dist-scripts', describe: 'Directory that gets one folder per environment' })
      .option('check', { type: 'boolean', default: false, describe: 'Write nothing; show what would change, and exit 1 if anything would' })
      .option('strict', { type: 'boolean', default: false, describe: 'Treat warnings as errors' })
      .example('$0 generate production', 'write dist-scripts/production')
      .example('$0 generate --check', 'for CI: exit 1 when dist-scripts is not what the profiles say'),
  handler: async ({ env, out, check }) => {
    const directory = resolve(out);
    const { loaded } = await loadProfiles(env, process.cwd());
    const trees = compile(loaded).map(({ tree }) => tree);
    const compared = check ? compareTrees(directory, trees) : await writeTrees(directory, trees);
    process.stdout.write(check ? checkReport(compared, cure(env, out)) : writeReport(compared, out));
    if (check && compared.some(({ changes }) => changes.length > 0)) process.exitCode = 1;
  },
};

const marks = { add: '+', change: '~', remove: '-' } as const;

export function writeReport(compared: readonly TreeChanges[], out: string): string {
  const all = compared.flatMap(({ changes }) => changes);
  const files = compared.reduce((sum, { tree }) => sum + tree.files.length, 0);
  if (all.length === 0) return `${out} is up to date: ${count(files, 'file')}, nothing to change.\n`;
  const lines = compared.flatMap(({ tree, changes }) => changes.map(({ kind, path }) => `${marks[kind]} ${out}/${tree.environment}/${path}\n`));
  return `${lines.join('')}${count(files, 'file')} in ${out}: ${tally(all, ['added', 'changed', 'removed'])}.\n`;
}

export function checkReport(compared: readonly TreeChanges[], command: string): string {
  const all = compared.flatMap(({ changes }) => changes);
  if (all.length === 0) return 'nothing to change\n';
  const parts = compared.flatMap(({ tree, changes }) => changes.map((change) => changeReport(tree.environment, change)));
  return `${parts.join('')}${tally(all, ['to add', 'to change', 'to remove'])}. Run: ${command}\n`;
}

function changeReport(environment: string, change: Change): string {
  const notes = [change.note, change.foreign ? 'not written by lifeboat: move it away' : ''].filter((note) => note !== '');
  const said = notes.length > 0 ? `  (${notes.join('; ')})` : '';
  return `${marks[change.kind]} ${environment}/${change.path}${said}\n${unifiedDiff(environment, change)}`;
}

function cure(env: readonly string[], out: string): string {
  return ['lifeboat generate', ...env, ...(out === 'dist-scripts' ? [] : ['--out', out])].join(' ');
}

function tally(changes: readonly Change[], [added, changed, removed]: readonly [string, string, string]): string {
  const of = (kind: Change['kind']): number => changes.filter((change) => change.kind === kind).length;
  return `${of('add')} ${added}, ${of('change')} ${changed}, ${of('remove')} ${removed}`;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
