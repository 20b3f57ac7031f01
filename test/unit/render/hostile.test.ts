import { setImmediate as others } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildView } from '../../../generator/plan/build-view.ts';
import type { View } from '../../../generator/plan/view.ts';
import { profileSchema } from '../../../generator/profile/schema.ts';
import { files } from '../../../generator/render/files.ts';
import { loadTemplates } from '../../../generator/render/load-templates.ts';
import { render } from '../../../generator/render/render.ts';
import { fullProfile } from './full-profile.ts';
import { controls, settingsOf, settingsSeenByBash, tricks, valueIn } from './hostile-values.ts';
import { plainView } from './view-fixture.ts';

type Path = readonly (string | number)[];
const templates = loadTemplates();
const settings = settingsOf(templates);
const hostile = fc.array(fc.constantFrom(...tricks), { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));

const isObject = (value: unknown): value is Record<string | number, unknown> => typeof value === 'object' && value !== null;
const stringPaths = (value: unknown, path: Path = []): Path[] =>
  typeof value === 'string' ? [path] : isObject(value) ? Object.entries(value).flatMap(([key, item]) => stringPaths(item, [...path, Array.isArray(value) ? Number(key) : key])) : [];
const replaced = (object: unknown, [key, ...rest]: Path, value: string): unknown => {
  if (key === undefined) return value;
  if (Array.isArray(object)) return object.map((item: unknown, index) => (index === key ? replaced(item, rest, value) : item));
  return { ...(isObject(object) ? object : {}), [key]: replaced(isObject(object) ? object[key] : undefined, rest, value) };
};

/** Whether the schema takes a value; when it does not, it must say so at the field. */
function accepts(field: Path, value: string): boolean {
  const { success, error } = profileSchema.safeParse(replaced(fullProfile, field, value));
  for (const issue of error?.issues ?? []) expect([field, touches(issue.path as Path, field)]).toEqual([field, true]);
  return success;
}

/** The ways a value can be dressed so that a field may take it. */
const dressings = (value: string) => [value, `/${value}`, `/a${value}/b`, `a${value}`, `mongodb://${value}`, `https://host/${value}`];
const touches = (issue: Path, field: Path) => field.slice(0, issue.length).join('.') === issue.slice(0, field.length).join('.');

function expectLiteral(view: View, wanted = files): void {
  // Each way of encryption has settings of its own, and a profile has one of them.
  const ways = (['age', 'gpg', 'passphrase'] as const).map((way) => ({ ...view, features: { ...view.features, age: false, gpg: false, passphrase: false, [way]: true } }));
  const scripts = ways.flatMap((way) => render(way, templates, wanted)).filter(({ path }) => path.endsWith('settings.sh'));
  const seenAnywhere = scripts.flatMap((script) => {
    const seen = settingsSeenByBash(script, settings);
    for (const { name, path } of settings) if (seen.has(name)) expect([script.path, name, seen.get(name)]).toEqual([script.path, name, valueIn(view, path)]);
    return [...seen.keys()];
  });
  expect(new Set(seenAnywhere)).toEqual(new Set(settings.map(({ name }) => name)));
}

describe('a hostile value in any field of the profile', () => {
  const fields = stringPaths(fullProfile);

  it('is refused where it stands, or arrives in the scripts as the literal it is', async () => {
    expect(fields.length).toBeGreaterThan(60);
    const accepted = new Set<string>();
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        await others(); // vitest gives up a worker that it has not heard of for a minute
        let profile: unknown = fullProfile;
        for (const field of fields) {
          const taken = dressings(value).find((dressed) => accepts(field, dressed));
          if (taken === undefined) continue;
          profile = replaced(profile, field, taken);
          accepted.add(field.join('.'));
        }
        expectLiteral(buildView(profileSchema.parse(profile), { profile: 'infrastructure/profiles/hostile.ts', version: '0.1.0' }));
      }),
      { numRuns: 25 },
    );
    expect([...accepted]).toEqual(expect.arrayContaining(['app.root', 'app.exclude.0', 'backup.directory', 'mongodb.uri', 'mongodb.service.start.1', 'backup.config.paths.0', 'ssl.directory']));
  });

  it('is refused in a schedule', () => {
    for (const field of [...['full', 'incremental', 'database'].map((type) => ['backup', 'types', type, 'schedule']), ['verification', 'drill', 'schedule']]) {
      for (const value of [...tricks, ...controls]) for (const dressed of [value, `0 3 * * ${value}`]) if (dressed !== '0 3 * * *') expect([dressed, accepts(field, dressed)]).toEqual([dressed, false]);
    }
  });

  it.each(controls)('%j is refused in every field, with the field named', (control) => {
    for (const field of fields) {
      for (const dressed of dressings(control)) expect([field, accepts(field, dressed)]).toEqual([field, false]);
    }
  });
});

describe('a hostile value that got past the schema', () => {
  // Schedules reach no script; the printers of units and crontabs refuse what these cannot hold.
  const paths = stringPaths(plainView).filter(([section]) => section !== 'schedule');
  const scripts = files.filter(({ path }) => path.endsWith('.sh'));
  const withEverywhere = (value: string): View => paths.reduce<unknown>((view, path) => replaced(view, path, value), plainView) as View;

  it('still arrives as a literal', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        await others();
        expectLiteral(withEverywhere(value), scripts);
      }),
      { numRuns: 25 },
    );
  });

  it.each(controls)('%j stops rendering', (control) => {
    for (const { path } of settings) {
      const field = paths.find((candidate) => candidate.join('.').startsWith(path));
      if (field) expect(() => render(replaced(plainView, field, `a${control}b`) as View, templates)).toThrow(/control characters/);
    }
  });
});
