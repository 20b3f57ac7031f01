import type { Rule } from './rule.ts';

export const sshBehindFirewall: Rule = {
  code: 'SSH-001',
  severity: 'error',
  title: 'The firewall leaves the SSH port open',
  check: ({ hardening: { sshPort, firewallPorts } }) =>
    firewallPorts.includes(sshPort)
      ? []
      : [
          {
            path: ['hardening', 'firewallPorts'],
            message: `opens ${firewallPorts.join(', ')} but not the SSH port ${sshPort}: nobody could log in any more`,
            fix: `Add ${sshPort}.`,
          },
        ],
};

export const nobodyIsTold: Rule = {
  code: 'ALERT-001',
  severity: 'warning',
  title: 'Somebody is told when a backup fails',
  check: ({ monitoring }) =>
    monitoring.alerts.channels.length > 0
      ? []
      : [
          {
            path: ['monitoring', 'alerts', 'channels'],
            message: 'has 0 channels: nobody is told when a backup fails',
            fix: 'Add one; until this version sends alerts, watch the exit status of backup.sh.',
          },
        ],
};

export const failoverWithoutStandby: Rule = {
  code: 'FAIL-001',
  severity: 'error',
  title: 'A failover has a host to go to',
  check: ({ failover }) =>
    failover.enabled && failover.standbyHost === undefined
      ? [{ path: ['failover', 'standbyHost'], message: 'is required when failover.enabled is true', fix: 'Name the host of the second region.' }]
      : [],
};
