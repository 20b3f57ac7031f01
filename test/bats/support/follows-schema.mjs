// Ends with 1 and the reasons where a file of JSON does not follow a schema: follows-schema.mjs SCHEMA FILE
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

const [schema, file] = process.argv.slice(2).map((path) => readFileSync(path, 'utf8'));
const validate = new Ajv2020({ allErrors: true, strict: false }).compile(JSON.parse(schema));
// A signature is a second line of the file.
const follows = validate(JSON.parse(file.split('\n')[0]));
if (!follows) process.stderr.write(`${JSON.stringify(validate.errors, null, 2)}\n`);
process.exit(follows ? 0 : 1);
