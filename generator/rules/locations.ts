import { derive } from '../facts/derived.ts';
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
            fix: 'Add a remote to backup.remotes and enable it.',
          },
        ],
};
