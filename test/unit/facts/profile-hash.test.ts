import { expect, test } from 'vitest';
import { profileHash } from '../../../generator/facts/profile-hash.ts';
import { type ProfileInput, profileSchema, type Service } from '../../../generator/profile/schema.ts';

const app = { name: 'shop', domain: 'shop.example' };
const hashOf = (input: ProfileInput): string => profileHash(profileSchema.parse(input));
const plain = hashOf({ name: 'production', app });

test('the hash of a profile is one of SHA-256, and the same for the same profile however it is written', () => {
  expect(plain).toMatch(/^[0-9a-f]{64}$/);
  expect(hashOf({ app: { domain: 'shop.example', name: 'shop' }, name: 'production' })).toBe(plain);
  expect(hashOf({ name: 'production', app, redis: { port: 6379 }, backup: { scheduler: 'cron' } })).toBe(plain);
  const [one, other] = [{ start: ['on'], stop: ['off'] }, { stop: ['off'], start: ['on'] }] as [Service, Service];
  expect(hashOf({ name: 'production', app, pm2: { service: one } })).toBe(hashOf({ name: 'production', app, pm2: { service: other } }));
});

test.each([
  ['a field', { name: 'production', app, redis: { port: 6380 } }],
  ['the environment', { name: 'staging', app }],
  ['the order of a list', { name: 'production', app: { ...app, include: ['b', 'a'] } }],
])('%s counts', (_, input) => {
  expect([plain, hashOf({ name: 'production', app: { ...app, include: ['a', 'b'] } })]).not.toContain(hashOf(input));
});
