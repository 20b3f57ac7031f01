// A profile must not promise what the scripts do not do yet. Losing a safeguard is an error; a schedule without effect is a warning.
import type { Rule } from './rule.ts';

export const drillLater: Rule = {
  code: 'LATER-004',
  severity: 'warning',
  title: 'Drills are not built yet',
  check: ({ verification: { drill } }) =>
    drill.schedule === undefined
      ? []
      : [
          {
            path: ['verification', 'drill', 'schedule'],
            message: `this version does not rehearse restores by itself (${drill.schedule} has no effect)`,
            fix: 'Rehearse with "restore.sh latest --all --into DIR".',
          },
        ],
};

export const alertsLater: Rule = {
  code: 'LATER-005',
  severity: 'warning',
  title: 'Alerts are not built yet',
  check: ({ monitoring }) =>
    monitoring.alerts.channels.map(({ kind }, index) => ({
      path: ['monitoring', 'alerts', 'channels', index],
      message: `this version does not send alerts yet (${kind} has no effect)`,
      fix: 'Watch the exit status of backup.sh until it does.',
    })),
};

export const failoverLater: Rule = {
  code: 'LATER-006',
  severity: 'warning',
  title: 'Failover is not built yet',
  check: ({ failover }) =>
    failover.enabled
      ? [{ path: ['failover', 'enabled'], message: 'is true, but this version writes no failover script yet', fix: 'Move the DNS record by hand.' }]
      : [],
};
