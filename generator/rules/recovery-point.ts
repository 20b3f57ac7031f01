import { databaseJobs, fileJobs, longestPause, type Job } from '../facts/jobs.ts';
import { type Duration, inWords, toDuration, toSeconds } from '../profile/units.ts';
import { describeCaptures, every, scheduleFor } from './captures.ts';
import type { Finding, Rule } from './rule.ts';

type Objective = { readonly name: 'database' | 'uploads'; readonly type: 'database' | 'incremental'; readonly enabled: boolean };

function missed({ name, type, enabled }: Objective, objective: Duration, captures: readonly Job[]): Finding[] {
  const gap = longestPause(captures);
  const wanted = toSeconds(objective);
  if (gap <= wanted) {
    return [];
  }
  const field = `objectives.rpo.${name}`;
  const often = type === 'database' && wanted < 60 ? `Set backup.types.database.every to "${every(wanted)}"` : `Write "${scheduleFor(wanted)}"`;
  const schedule = enabled ? often : `Set backup.types.${type}.enabled to true`;
  return [
    {
      path: ['backup', 'types', type, enabled ? 'schedule' : 'enabled'],
      message: `up to ${inWords(gap)} pass between captures (${describeCaptures(captures)}), but ${field} is ${inWords(wanted)}`,
      fix: `${schedule}, or set ${field} to "${toDuration(gap)}".`,
    },
  ];
}

export const databaseRecoveryPoint: Rule = {
  code: 'RPO-001',
  severity: 'error',
  title: 'The schedules meet the recovery point objective of the database',
  check: (profile) =>
    profile.mongodb.enabled
      ? missed(
          { name: 'database', type: 'database', enabled: profile.backup.types.database.enabled },
          profile.objectives.rpo.database,
          databaseJobs(profile),
        )
      : [],
};

export const uploadsRecoveryPoint: Rule = {
  code: 'RPO-002',
  severity: 'error',
  title: 'The schedules meet the recovery point objective of files',
  check: (profile) =>
    missed(
      { name: 'uploads', type: 'incremental', enabled: profile.backup.types.incremental.enabled },
      profile.objectives.rpo.uploads,
      fileJobs(profile),
    ),
};

export const configurationRecoveryPoint: Rule = {
  code: 'RPO-003',
  severity: 'error',
  title: 'Configuration is captured on change, or often enough',
  check: (profile) => {
    const objective = profile.objectives.rpo.configuration;
    const gap = longestPause(fileJobs(profile));
    if (profile.backup.types.config.onChange || (objective !== undefined && gap <= toSeconds(objective))) {
      return [];
    }
    const wanted = objective === undefined ? 'that each change is captured' : inWords(toSeconds(objective));
    return [
      {
        path: ['backup', 'types', 'config', 'onChange'],
        message: `up to ${inWords(gap)} pass between captures of the configuration, but objectives.rpo.configuration asks for ${wanted}`,
        fix: `Set it to true, or set objectives.rpo.configuration to "${toDuration(gap)}".`,
      },
    ];
  },
};
