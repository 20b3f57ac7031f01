import { scheduledJobs } from '../facts/jobs.ts';
import { lifetimes } from '../facts/lifetimes.ts';
import { sharedMinute } from '../profile/cron-gaps.ts';
import { parseCron } from '../profile/cron.ts';
import { inWords } from '../profile/units.ts';
import type { Rule } from './rule.ts';

export const sameMinute: Rule = {
  code: 'CRON-001',
  severity: 'warning',
  title: 'No two jobs of cron start in the same minute',
  check: (profile) => {
    // The units of systemd try again when they find another run at work.
    const jobs = profile.backup.scheduler === 'cron' ? scheduledJobs(profile).filter(({ every }) => every === undefined) : [];
    return jobs.flatMap((job, index) =>
      jobs.slice(0, index).flatMap((earlier) => {
        const time = sharedMinute(earlier.schedule, job.schedule);
        return time === undefined
          ? []
          : [
              {
                path: ['backup', 'types', job.type, 'schedule'],
                message: `${job.type} (${job.schedule}) and ${earlier.type} (${earlier.schedule}) both start at ${time}: one of them finds the lock taken and ends`,
                fix: 'Move one of them by some minutes, or set backup.scheduler to "systemd", whose units try again.',
              },
            ];
      }),
    );
  },
};

export const oftenByTimer: Rule = {
  code: 'CRON-005',
  severity: 'error',
  title: 'What runs several times a minute is started by systemd',
  check: ({ backup: { scheduler, types } }) =>
    scheduler === 'cron' && types.database.enabled && types.database.every !== undefined
      ? [
          {
            path: ['backup', 'types', 'database', 'every'],
            message: `is "${types.database.every}", but cron starts a job once a minute at most`,
            fix: 'Set backup.scheduler to "systemd", or leave it out and write a schedule.',
          },
        ]
      : [],
};

// Each run reads the manifests of all sets there are, some of them more than once: two seconds for so many.
const MANY_SETS = 6000;

export const manySets: Rule = {
  code: 'CRON-006',
  severity: 'warning',
  title: 'There are not so many sets that reading their manifests takes longer than the backup',
  check: (profile) =>
    scheduledJobs(profile).flatMap(({ type, every }) => {
      const kept = lifetimes(profile).find((lifetime) => lifetime.type === type)?.kept ?? 0;
      const sets = every === undefined ? 0 : Math.ceil(kept / every);
      return every === undefined || sets <= MANY_SETS
        ? []
        : [
            {
              path: ['backup', 'types', type, 'retention'],
              message: `keeps ${sets} sets, one every ${every} seconds for up to ${inWords(kept)}, and each run reads the manifests of all of them`,
              fix: 'Keep them for a shorter time, and take incremental sets more often, which hold the same changes.',
            },
          ];
    }),
};

export const eitherDay: Rule = {
  code: 'CRON-002',
  severity: 'warning',
  title: 'A schedule restricts the day of the month or the day of the week, not both',
  check: (profile) =>
    scheduledJobs(profile)
      .filter(({ schedule }) => parseCron(schedule).eitherDay)
      .map(({ type, schedule }) => ({
        path: ['backup', 'types', type, 'schedule'],
        message: `"${schedule}" names days of the month and days of the week: cron runs it on either, not on both`,
        fix: 'Write * in one of the two fields.',
      })),
};

export const cronZone: Rule = {
  code: 'CRON-003',
  severity: 'error',
  title: 'The scheduler knows the time zone of the schedules',
  check: ({ backup: { scheduler, timeZone } }) =>
    scheduler === 'cron' && timeZone !== 'UTC'
      ? [
          {
            path: ['backup', 'timeZone'],
            message: `is "${timeZone}", but cron goes by the clock of the host, and Debian's cron cannot be told another zone`,
            fix: 'Set backup.scheduler to "systemd", or write "UTC" and the schedules in UTC.',
          },
        ]
      : [],
};
