import { z } from 'zod';
import { cronExpression, domainName, duration, hostName, port, userName } from './primitives.ts';

export const objectives = z
  .strictObject({
    rpo: z
      .strictObject({
        database: duration.default('6h').describe('Most database changes that may be lost, as time'),
        uploads: duration.default('24h').describe('Most file changes that may be lost, as time'),
        configuration: duration.meta({ examples: ['24h'] }).optional().describe('Most configuration changes that may be lost, as time; default: none, each change is captured'),
      })
      .prefault({})
      .describe('Recovery point objectives'),
    rto: z
      .strictObject({
        serviceFailure: duration.default('5m').describe('Longest outage when a service fails'),
        databaseFailure: duration.default('15m').describe('Longest outage when the database is lost'),
        serverFailure: duration.default('30m').describe('Longest outage when the server is lost'),
        fullDisaster: duration.default('2h').describe('Longest outage when everything is lost'),
      })
      .prefault({})
      .describe('Recovery time objectives'),
  })
  .prefault({})
  .describe('What a recovery must achieve');

export const verification = z
  .strictObject({
    drill: z
      .strictObject({ schedule: cronExpression.meta({ examples: ['0 5 1 * *'] }).optional().describe('When a restore is rehearsed, as five cron fields; default: never by itself') })
      .prefault({})
      .describe('Restores into a scratch place, checked and timed'),
  })
  .prefault({})
  .describe('How backups are proven; this version has no drill that runs by itself yet');

export const hardening = z
  .strictObject({
    sshPort: port.default(22).describe('Port of the SSH server'),
    firewallPorts: z.array(port).min(1, 'must name at least one port').default([22, 80, 443]).describe('Ports that the firewall leaves open'),
    adminUser: userName.optional().describe('Login that administers the server; default: app.user'),
    automaticUpdates: z.boolean().default(true).describe('Install security updates without being asked'),
  })
  .prefault({})
  .describe('Protection of the host; this version writes no script for it yet');

export const failover = z
  .strictObject({
    enabled: z.boolean().default(false).describe('A second region takes over when this one fails'),
    standbyHost: hostName.meta({ examples: ['standby.plugspace.io'] }).optional().describe('Host of the second region'),
    record: domainName.optional().describe('DNS name that is moved; default: app.domain'),
    dnsProvider: z.enum(['manual', 'cloudflare', 'route53']).default('manual').describe('Who serves the DNS record'),
  })
  .prefault({})
  .describe('Failover to another region; this version writes no script for it yet');
