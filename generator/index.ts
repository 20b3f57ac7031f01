// What a TypeScript profile imports from 'lifeboat'.
export { defineProfile, extendProfile } from './profile/define.ts';
export type { Overrides } from './profile/define.ts';
export type { Profile, ProfileInput } from './profile/schema.ts';
