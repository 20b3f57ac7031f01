import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { defineProfile, extendProfile } from '../../../generator/index.ts';
import { jsonSchema } from '../../../generator/profile/schema-tree.ts';

const minimal = defineProfile({ name: 'test', app: { name: 'shop', domain: 'shop.example.com' } });

describe('extendProfile', () => {
  test('merges groups of fields and leaves the base alone', () => {
    const extended = extendProfile(minimal, { name: 'other', app: { user: 'www' }, backup: { config: { paths: ['/etc/x'] } } });
    expect(extended).toEqual({
      name: 'other',
      app: { name: 'shop', domain: 'shop.example.com', user: 'www' },
      backup: { config: { paths: ['/etc/x'] } },
    });
    expect(minimal).toEqual({ name: 'test', app: { name: 'shop', domain: 'shop.example.com' } });
  });

  test('replaces lists, nulls and alternatives as a whole', () => {
    const base = extendProfile(minimal, {
      mongodb: { dataDirectory: '/data', service: { unit: 'mongod' } },
      backup: { encryption: { method: 'symmetric', passphraseVariable: 'X' }, config: { paths: ['/a', '/b'] } },
    });
    const extended = extendProfile(base, {
      mongodb: { dataDirectory: null, service: { start: ['a'], stop: ['b'] } },
      backup: { encryption: { method: 'none' }, config: { paths: [] } },
    });
    expect(extended.mongodb).toEqual({ dataDirectory: null, service: { start: ['a'], stop: ['b'] } });
    expect(extended.backup).toEqual({ encryption: { method: 'none' }, config: { paths: [] } });
  });

  test('a key named __proto__ is data', () => {
    const extended = extendProfile(minimal, JSON.parse('{ "__proto__": { "polluted": true } }') as object);
    expect(Object.keys(extended)).toContain('__proto__');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('the JSON Schema', () => {
  const schema = jsonSchema();
  const validate = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, strictTypes: false, strictTuples: false }).compile(schema);

  test.each([
    ['a minimal profile', minimal],
    ['an extending profile', { $schema: 'x', extends: './a.yaml', app: { user: 'www' } }],
    ['both forms of a service', { ...minimal, mongodb: { service: { start: ['a'], stop: ['b', '-c'] } }, redis: { service: { unit: 'r' } } }],
  ])('accepts %s', (_, profile) => {
    expect(validate(profile), JSON.stringify(validate.errors)).toBe(true);
  });

  test.each([
    ['an unknown key', { ...minimal, nam: 'x' }],
    ['a profile without a domain', { name: 'test', app: { name: 'shop' } }],
    ['a wrong duration', { ...minimal, objectives: { rpo: { database: '6 hours' } } }],
  ])('refuses %s', (_, profile) => {
    expect(validate(profile)).toBe(false);
  });

  test('describes every field', () => {
    const undescribed: string[] = [];
    const walk = (node: unknown, path: string): void => {
      const { properties, description, const: constant, anyOf, oneOf } = node as Record<string, Record<string, unknown>>;
      if (description === undefined && constant === undefined && path !== '' && !/\[\d+\]$/.test(path)) undescribed.push(path);
      Object.entries(properties ?? {}).forEach(([key, child]) => {
        walk(child, `${path}.${key}`);
      });
      ((anyOf ?? oneOf ?? []) as unknown as unknown[]).forEach((child, index) => {
        walk(child, `${path}[${index}]`);
      });
    };
    walk(schema, '');
    expect(undescribed.filter((path) => path !== '')).toEqual([]);
  });
});
