import { describe, expect, it } from 'vitest';
import { spreadBetween } from '../../../generator/facts/cron-spread.ts';
import { lifetimes, promisedWindow } from '../../../generator/facts/lifetimes.ts';
import { profileSchema, type ProfileInput } from '../../../generator/profile/schema.ts';
import { inWords } from '../../../generator/profile/units.ts';

type Types = NonNullable<NonNullable<ProfileInput['backup']>['types']>;
const profileOf = (types: Types = {}, enabled = true) => profileSchema.parse({ name: 'p', app: { name: 'shop', domain: 'shop.example' }, mongodb: { enabled }, backup: { types } });
const kept = (types?: Types, enabled?: boolean) => lifetimes(profileOf(types, enabled)).map((lifetime) => `${lifetime.type} ${inWords(lifetime.kept)}`);

describe('spreadBetween', () => {
  it.each([
    [['0 3 * * 0'], '0 2 * * *', ['6 days 23 hours', '6 days', '6 days 1 hour']],
    [['0 3 * * 0', '0 2 * * *'], '0 */6 * * *', ['22 hours', '18 hours', '20 hours']],
    [['0 3 1 * *'], '0 3 * * *', ['31 days', '30 days', '30 days']],
    [['0 3 * * *'], '0 4 1 * *', ['1 hour', '0 seconds', '23 hours']],
    [['0 3 29 2 *'], '0 3 31 2 *', ['0 seconds', '0 seconds', '0 seconds']],
  ])('%j, %s', (starts, schedule, expected) => {
    const { reach, span, wait } = spreadBetween(starts, schedule);
    expect([reach, span, wait].map(inWords)).toEqual(expected);
  });
});

describe('lifetimes', () => {
  it('of the table in the guide', () => {
    expect(kept()).toEqual(['full 37 days', 'incremental 36 days 1 hour', 'database 7 days 18 hours', 'config 90 days']);
  });

  it('without MongoDB, where no chain goes on in the next full set', () => {
    expect(kept({}, false)).toEqual(['full 36 days 23 hours', 'incremental 36 days', 'config 90 days']);
  });

  it('of full sets alone: as asked', () => {
    const types = { incremental: { enabled: false }, database: { enabled: false } };
    expect(kept(types)).toEqual(['full 28 days', 'config 90 days']);
    expect(inWords(promisedWindow(profileOf(types)))).toBe('21 days');
  });

  it('says nothing where a set is kept no longer than asked', () => {
    expect(lifetimes(profileOf({ full: { retention: '60d' } }))[0]).toEqual({ type: 'full', asked: 60 * 86_400, kept: 60 * 86_400, reason: '' });
  });
});
