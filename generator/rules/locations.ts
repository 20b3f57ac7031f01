import { derive } from '../profile/derived.ts';
import type { Rule } from './rule.ts';

export const twoLocations: Rule = {
  code: 'LOC-001',
  severity: 'warning',
  title: 'Backups are in at least two locations',
  check: (profile) =>
    profile.backup.remotes.some(({ enabled }) => enabled)
      ? []
      : [
          {
            path: ['backup', 'remotes'],
            message: `sets are stored in 1 location (${derive(profile).backupDirectory}), and at least 2 are needed to survive the loss of this server`,
            fix: 'Copy that directory to another machine; this version does not do it by itself.',
          },
        ],
};

export const unencryptedRemote: Rule = {
  code: 'ENC-001',
  severity: 'error',
  title: 'What leaves the server is encrypted',
  check: ({ backup }) =>
    backup.encryption.method === 'none'
      ? backup.remotes.flatMap(({ enabled, name }, index) =>
          enabled
            ? [
                {
                  path: ['backup', 'remotes', index, 'enabled'],
                  message: `remote "${name}" would receive sets that are not encrypted`,
                  fix: 'Set backup.encryption.method to "age" and name its recipients, or disable the remote.',
                },
              ]
            : [],
        )
      : [],
};

export const sameRemoteName: Rule = {
  code: 'REMOTE-001',
  severity: 'error',
  title: 'Each remote has its own name',
  check: ({ backup: { remotes } }) =>
    remotes.flatMap(({ name }, index) => {
      const other = remotes.findIndex((remote) => remote.name === name);
      return other < index
        ? [
            {
              path: ['backup', 'remotes', index, 'name'],
              message: `"${name}" is also the name of backup.remotes[${other}]`,
              fix: 'Give each remote its own name.',
            },
          ]
        : [];
    }),
};
