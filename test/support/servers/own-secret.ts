import { randomBytes } from 'node:crypto';

/** A secret that no other test has: a watch over every process of the machine then sees only what it is meant to see. */
export const ownSecret = (text: string): string => `${text}${randomBytes(8).toString('hex')}`;
