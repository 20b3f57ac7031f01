import { dirname } from 'node:path';
import { commandsOf, isLocalMongodb, isLocalRedis } from '../facts/services.ts';
import type { Profile } from '../profile/schema.ts';
import { inWords } from '../profile/units.ts';
import type { View } from './view.ts';

/** What the page beside the scripts says in words: everything else there is a value of the view as it is. */
export function pageView(profile: Profile, { script }: View['schedule'], retention: View['retention']): View['page'] {
  const { mongodb, redis, pm2 } = profile;
  const stopped = [
    ...(pm2.enabled ? [['any part', pm2.service] as const] : []),
    ...(isLocalMongodb(profile) ? [['--mongodb', mongodb.service] as const] : []),
    ...(isLocalRedis(profile) ? [['--redis', redis.service] as const] : []),
  ];
  return {
    directory: dirname(script),
    stops: stopped.map(([option, service]) => `${option}: ${commandsOf(service).stop.join(' ')}`),
    kept: {
      full: inWords(retention.full),
      incremental: inWords(retention.incremental),
      database: inWords(retention.database),
      config: inWords(retention.config),
    },
  };
}
