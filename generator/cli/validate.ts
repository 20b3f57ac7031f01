import type { CommandModule } from 'yargs';
import { countProblems, formatProblems } from '../report.ts';
import { checkProfiles, isFatal } from './profiles.ts';
import { coloursFor, print, printJson } from './terminal.ts';

type Options = { environments: string[]; strict: boolean; json: boolean };

export const validateCommand: CommandModule<object, Options> = {
  command: 'validate [environments..]',
  describe: 'Check profiles, and list everything that is wrong with them',
  builder: (yargs) =>
    yargs
      .positional('environments', { type: 'string', array: true, default: [], describe: 'Names or paths of profiles; default: all' })
      .option('strict', { type: 'boolean', default: false, describe: 'Treat warnings as errors' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the problems as JSON' })
      .example('$0 validate production', 'check infrastructure/profiles/production.*'),
  handler: async ({ environments, strict, json }) => {
    const { loaded, problems } = await checkProfiles(environments, process.cwd());
    const failed = isFatal(problems, strict);
    if (json) {
      printJson({ valid: !failed, profiles: loaded.map(({ environment, file }) => ({ environment, file })), problems });
    } else {
      const next = failed ? '' : ` Next: npx lifeboat ${['generate', ...environments].join(' ')}`;
      const valid = failed ? '' : loaded.map(({ environment, file }) => `${environment}  ${file}  valid\n`).join('');
      print(`${formatProblems(problems, coloursFor(process.stdout))}${valid}${countProblems(problems)}.${next}`);
    }
    process.exitCode = failed ? 1 : 0;
  },
};
