import type { CommandModule } from 'yargs';
import { jsonSchema } from '../profile/schema-tree.ts';
import { printJson } from './terminal.ts';

export const schemaCommand: CommandModule = {
  command: 'schema',
  describe: 'Print the JSON Schema of a profile, for editors',
  builder: (yargs) => yargs.example('$0 schema > infrastructure/profile.schema.json', 'let editors check YAML and JSON profiles'),
  handler: () => {
    printJson(jsonSchema());
  },
};
