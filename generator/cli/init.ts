import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { UserError } from '../errors.ts';
import { EXTENSIONS, PROFILE_DIRECTORY } from '../load/find.ts';
import { jsonSchema } from '../profile/schema-tree.ts';
import { type Answers, collectAnswers, FORMATS, type GivenAnswers } from './init-answers.ts';
import { renderProfile, SCHEMA_FILE } from './init-render.ts';
import { print } from './terminal.ts';

type Options = GivenAnswers & { yes: boolean };

export const initCommand: CommandModule<object, Options> = {
  command: 'init [environment]',
  describe: 'Write a first profile, by asking or from options',
  builder: (yargs) =>
    (yargs as Argv<Options>)
      .positional('environment', { type: 'string', describe: 'Name of the environment (production)' })
      .option('app', { type: 'string', describe: 'Short name of the application' })
      .option('domain', { type: 'string', describe: 'Public domain of the application' })
      .option('user', { type: 'string', describe: 'Unix user that owns the application' })
      .option('root', { type: 'string', describe: 'Directory of the application' })
      .option('mongodb', { type: 'boolean', describe: 'Back up MongoDB; --no-mongodb if there is none' })
      .option('redis', { type: 'boolean', describe: 'Back up Redis; --no-redis if there is none' })
      .option('recipient', { type: 'string', describe: 'Public key of age or SSH that opens the backups' })
      .option('format', { choices: FORMATS, describe: 'Language of the profile' })
      .option('yes', { alias: 'y', type: 'boolean', default: false, describe: 'Do not ask: take the default of every missing answer' })
      .example('$0 init production --app plugspace --domain plugspace.io --yes', ''),
  handler: async ({ yes, ...given }) => {
    const cwd = process.cwd();
    const answers = await collectAnswers(given, { cwd, ask: !yes && process.stdin.isTTY && process.stdout.isTTY, defaults: yes });
    const file = writeProfile(answers, cwd);
    const placeholder = given.domain === undefined && answers.domain.endsWith('.example.com');
    const lines = [
      `Wrote ${file}`,
      ...(placeholder ? [`app.domain is ${answers.domain}: write your own there.`] : []),
      ...(answers.recipient === '' ? ['Backups will not be encrypted: make a key with "age-keygen", and write its public half into backup.encryption.'] : []),
      `Next: npx lifeboat validate ${answers.environment}`,
    ];
    print(lines.join('\n'));
  },
};

function writeProfile(answers: Answers, cwd: string): string {
  const base = `${PROFILE_DIRECTORY}/${answers.environment}`;
  const existing = EXTENSIONS.map((extension) => `${base}${extension}`).find((file) => existsSync(join(cwd, file)));
  if (existing !== undefined) {
    throw new UserError(`${existing} exists already; nothing was written`, 'Edit it, remove it, or give another name: npx lifeboat init <name>.');
  }
  const file = `${base}.${answers.format}`;
  mkdirSync(join(cwd, PROFILE_DIRECTORY), { recursive: true });
  writeFileSync(join(cwd, file), renderProfile(answers), { flag: 'wx' });
  if (answers.format !== 'ts') {
    writeSchema(join(cwd, dirname(file), SCHEMA_FILE));
  }
  return file;
}

// Editors read the schema from beside the profiles, without a network.
function writeSchema(file: string): void {
  writeFileSync(file, `${JSON.stringify(jsonSchema(), null, 2)}\n`);
}
