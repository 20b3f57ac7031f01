// The lock on inputs: what somebody writes into a profile has an effect on what is generated, or it is said where it will have one. A field
// whose value is dropped on its way would be believed and do nothing.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../../../generator/cli/compile.ts';
import { loadProfiles } from '../../../generator/load/load.ts';
import { checksumFile } from '../../../generator/output/tree.ts';
import { valueAt } from '../../../generator/profile/field-path.ts';
import { profileSchema } from '../../../generator/profile/schema.ts';
import { project } from '../load/fixture.ts';
import { otherValues } from './other-values.ts';
import { type Field, fieldNames, type Sample, sampleOf } from './sample.ts';
import { WAITING } from './waiting.ts';

const NOTHING = /^$/;
const samples = [
  ...[0, 1, 2, 3].map((alternative) => sampleOf({ alternative, leftOut: NOTHING })),
  // With a file of rclone's own the settings of a remote are not asked for.
  sampleOf({ alternative: 0, leftOut: /\.configFile$/ }),
  sampleOf({ alternative: 1, leftOut: /./ }),
];
const names = fieldNames();
const waits = (name: string): boolean => Object.hasOwn(WAITING, name);

const key = (owner: string): string => `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${owner}\n-----END PGP PUBLIC KEY BLOCK-----\n`;
const directory = project({ 'admin@plugspace.io.asc': key('one'), 'admin@plugspace.io.ascx': key('another') });

/** What is generated from a profile, without the list of checksums, which names the profile as a whole. */
async function generated(data: unknown): Promise<string> {
  writeFileSync(join(directory, 'sample.json'), JSON.stringify(data));
  const { loaded, problems } = await loadProfiles(['sample.json'], directory);
  expect(problems).toEqual([]);
  return JSON.stringify(compile(loaded).flatMap(({ tree }) => tree.files.filter(({ path }) => path !== checksumFile)));
}

const known = new Map<Sample, Promise<string>>();
const generatedFrom = (sample: Sample): Promise<string> => {
  const files = known.get(sample) ?? generated(sample.data);
  known.set(sample, files);
  return files;
};

function withValue(data: unknown, [first, ...rest]: Field['path'], value: unknown): unknown {
  if (first === undefined) return value;
  const changed = withValue(valueAt(data, [first]), rest, value);
  return Array.isArray(data) ? data.map((item: unknown, index) => (index === first ? changed : item)) : { ...(data as object), [first]: changed };
}

/** A profile with another value in one field, as far as there is one that the schema takes and does not take for the same. */
function changedIn(data: unknown, field: Field): unknown {
  const before = JSON.stringify(profileSchema.parse(data));
  return otherValues(field, valueAt(data, field.path))
    .map((value) => withValue(data, field.path, value))
    .find((changed) => {
      const parsed = profileSchema.safeParse(changed);
      return parsed.success && JSON.stringify(parsed.data) !== before;
    });
}

function changedAtOnce({ data, fields }: Sample): unknown {
  return fields.filter(({ name }) => waits(name)).reduce((changed, field) => changedIn(changed, field), data);
}

/** Whether a field changes what is generated, from any of the samples. */
async function isUsed(name: string): Promise<boolean> {
  for (const sample of samples) {
    const field = sample.fields.find((candidate) => candidate.name === name);
    if (field === undefined) continue;
    const changed = changedIn(sample.data, field);
    expect(changed, `another value for ${name}`).toBeDefined();
    if ((await generated(changed)) !== (await generatedFrom(sample))) return true;
  }
  return false;
}

describe('every field of a profile', () => {
  test('is in a sample', () => {
    const sampled = new Set(samples.flatMap(({ fields }) => fields.map(({ name }) => name)));
    expect(names.length).toBeGreaterThan(150);
    expect([...sampled].sort()).toEqual([...names].sort());
  });

  test.each(names.filter((name) => !waits(name)))('%s changes a generated file', async (name) => {
    expect(await isUsed(name)).toBe(true);
  });

  test('that waits for what will read it changes none, and is one that the schema has', async () => {
    expect(Object.keys(WAITING).filter((name) => !names.includes(name))).toEqual([]);
    // All of them at once, for speed; one by one where that is not the same.
    let same = true;
    for (const sample of samples) same &&= (await generated(changedAtOnce(sample))) === (await generatedFrom(sample));
    const shown: string[] = [];
    for (const name of same ? [] : names.filter(waits)) if (await isUsed(name)) shown.push(name);
    expect(shown).toEqual([]);
    expect(same).toBe(true);
  });
});
