// Whom we do not trust is the application's user, who may have been broken into: nothing that root runs, and nothing that tells such a
// program what to run, may lie where that user can write. The commands of pm2 are run as that user, so they may.
import { derive } from '../facts/derived.ts';
import { commandsOf, isLocalMongodb } from '../facts/services.ts';
import type { Profile, Service } from '../profile/schema.ts';
import type { FieldPath } from '../profile/field-path.ts';
import type { Rule } from './rule.ts';

type Command = { readonly path: FieldPath; readonly words: readonly string[] };

function commandsOfService(section: string, service: Service): Command[] {
  return Object.entries(commandsOf(service)).map(([verb, words]) => ({ path: [section, 'service', verb], words }));
}

function commandsOfRoot(profile: Profile): Command[] {
  const { mongodb, redis, nginx } = profile;
  return [
    ...(isLocalMongodb(profile) ? commandsOfService('mongodb', mongodb.service) : []),
    ...(redis.enabled ? commandsOfService('redis', redis.service) : []),
    ...(nginx.enabled ? [...commandsOfService('nginx', nginx.service), { path: ['nginx', 'testCommand'], words: nginx.testCommand }] : []),
  ];
}

/** Files that can name a program, or code, for root to run: modules of nginx, commands of rclone. */
function instructionsOfRoot({ nginx, backup }: Profile): Command[] {
  return [
    ...(nginx.enabled ? [{ path: ['nginx', 'configDirectory'], words: ['nginx', nginx.configDirectory] }] : []),
    ...(backup.envFile === undefined ? [] : [{ path: ['backup', 'envFile'], words: ['rclone', backup.envFile] }]),
    ...backup.remotes.flatMap(({ configFile }, index) => (configFile === undefined ? [] : [{ path: ['backup', 'remotes', index, 'configFile'], words: ['rclone', configFile] }])),
  ];
}

/** Where the application's user may write. Where that is root, there is nobody to keep out. */
function placesOfUser(profile: Profile): string[] {
  const { user, home, root } = derive(profile);
  return user === 'root' ? [] : [home, root];
}

function liesIn(places: readonly string[], word: string): boolean {
  return places.some((place) => `${word}/`.startsWith(`${place}/`));
}

export const exchangeableProgram: Rule = {
  code: 'OWN-001',
  severity: 'error',
  title: 'Root runs no program that the application can change',
  check: (profile) =>
    commandsOfRoot(profile).flatMap(({ path, words: [program = ''] }) =>
      liesIn(placesOfUser(profile), program)
        ? [
            {
              path,
              message: `root runs ${program}, and ${derive(profile).user} may change it: whoever breaks into the application becomes root`,
              fix: 'Put it where only root may write, such as /usr/local/sbin, and name it there.',
            },
          ]
        : [],
    ),
};

export const exchangeableInstruction: Rule = {
  code: 'OWN-002',
  severity: 'warning',
  title: 'What root reads to know what to run is not for the application to change',
  check: (profile) =>
    [...commandsOfRoot(profile), ...instructionsOfRoot(profile)].flatMap(({ path, words: [program = '', ...rest] }) =>
      rest
        .map((word) => word.replace(/^[^/]*=/, ''))
        .filter((word) => liesIn(placesOfUser(profile), word))
        .map((file) => ({
          path,
          message: `${program}, run by root, reads ${file}, and ${derive(profile).user} may change that: what it says there could be run as root`,
          fix: 'Keep it where only root may write, such as /etc, and name it there.',
        })),
    ),
};
