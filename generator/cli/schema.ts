import type { CommandModule } from 'yargs';
import { fieldList } from '../profile/field-list.ts';
import { jsonSchema } from '../profile/schema-tree.ts';
import { print, printJson } from './terminal.ts';

export const schemaCommand: CommandModule<object, { markdown: boolean }> = {
  command: 'schema',
  describe: 'Print the JSON Schema of a profile, for editors',
  builder: (yargs) =>
    yargs
      .option('markdown', { type: 'boolean', default: false, describe: 'Print every field as a page instead: type, default, example, what for' })
      .example('$0 schema > infrastructure/profile.schema.json', 'let editors check YAML and JSON profiles'),
  handler: ({ markdown }) => {
    if (markdown) {
      print(fieldList());
      return;
    }
    printJson(jsonSchema());
  },
};
