// The whole profile. One file per group of sections; this one only puts them together.
import { z } from 'zod';
import { environmentName } from './primitives.ts';
import { backup, monitoring } from './schema-backup.ts';
import { failover, hardening, objectives, verification } from './schema-recovery.ts';
import { app, mongodb, nginx, pm2, redis, ssl } from './schema-services.ts';

export const profileSchema = z
  .strictObject({
    name: environmentName.describe('Name of the environment, such as production'),
    app,
    mongodb,
    redis,
    nginx,
    ssl,
    pm2,
    backup,
    objectives,
    verification,
    monitoring,
    hardening,
    failover,
  })
  .describe('One environment of lifeboat');

/** What a person writes: everything that has a default may be left out. */
export type ProfileInput = z.input<typeof profileSchema>;
/** A valid profile with every default filled in. */
export type Profile = z.output<typeof profileSchema>;
export type { Service } from './schema-services.ts';
