import { parseCron } from '../profile/cron.ts';
import { sharedMinute } from '../profile/cron-gaps.ts';
import { scheduledJobs } from '../profile/jobs.ts';
import type { Rule } from './rule.ts';

export const sameMinute: Rule = {
  code: 'CRON-001',
  severity: 'warning',
  title: 'No two jobs of cron start in the same minute',
  check: (profile) => {
    // The units of systemd try again when they find another run at work.
    const jobs = profile.backup.scheduler === 'cron' ? scheduledJobs(profile) : [];
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
