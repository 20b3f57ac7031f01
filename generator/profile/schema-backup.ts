import { z } from 'zod';
import { absolutePath, command, cronExpression, duration, email, size, slug, text, timeZone, variableName } from './primitives.ts';
import { remote, transfer } from './schema-remotes.ts';

const enabled = z.boolean().default(true);

const types = z
  .strictObject({
    full: z
      .strictObject({
        schedule: cronExpression.default('0 3 * * 0').describe('When, as five cron fields'),
        retention: duration.default('4w').describe('How long a set is kept'),
      })
      .prefault({})
      .describe('Everything; the start of a chain'),
    incremental: z
      .strictObject({
        enabled: enabled.describe('Take incremental sets'),
        schedule: cronExpression.default('0 2 * * *').describe('When, as five cron fields'),
        retention: duration.default('30d').describe('How long a set is kept'),
      })
      .prefault({})
      .describe('What changed since the newest full or incremental set'),
    database: z
      .strictObject({
        enabled: enabled.describe('Take database sets'),
        schedule: cronExpression.default('0 */6 * * *').describe('When, as five cron fields'),
        every: z
          .enum(['10s', '15s', '20s', '30s'], { error: 'must be "10s", "15s", "20s" or "30s"; what runs once a minute or less often is a schedule' })
          .meta({ examples: ['15s'] })
          .optional()
          .describe('Instead of the schedule: several times a minute, by a timer of systemd'),
        retention: duration.default('7d').describe('How long a set is kept'),
      })
      .prefault({})
      .describe('The MongoDB oplog since the newest set'),
    config: z
      .strictObject({
        onChange: enabled.describe('Take a set when the configuration changed'),
        retention: duration.default('90d').describe('How long a set is kept'),
      })
      .prefault({})
      .describe('Configuration and certificates'),
  })
  .prefault({})
  .describe('The four kinds of set');

// age leaves out what it cannot use without a word, so each form is checked here.
const AGE_RECIPIENT = /^(?:age1[02-9ac-hj-np-z]{58}|ssh-(?:ed25519|rsa) [A-Za-z0-9+/]{60,}={0,2}(?: [^\n]*)?)$/;
export const ageRecipient = text
  .regex(AGE_RECIPIENT, 'must be a public key of age ("age1…"), or of SSH ("ssh-ed25519 …" or "ssh-rsa …")')
  .meta({ examples: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'] });

const sshPublicKey = text
  .regex(/^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+) [A-Za-z0-9+/]{60,}={0,2}(?: [^\n]*)?$/, 'must be a public key of SSH, as it stands in a file .pub')
  .meta({ examples: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…'] });

const keyFile = text.refine((value) => !/^[-/]|(?:^|\/)\.{0,2}(?:\/|$)/.test(value), 'must be a path below the directory of the profile').meta({ examples: ['admin@plugspace.io.asc'] });

const encryption = z
  .discriminatedUnion('method', [
    z.strictObject({ method: z.literal('none') }),
    z.strictObject({ method: z.literal('age'), recipients: z.array(ageRecipient).min(1, 'must name at least one recipient').describe('Public keys, each of which can open the backups') }),
    z.strictObject({
      method: z.literal('gpg'),
      keyFiles: z.array(keyFile).min(1, 'must name at least one file').describe('Files beside the profile, each with one armored GnuPG public key; each key can open the backups'),
    }),
    z.strictObject({
      method: z.literal('symmetric'),
      passphraseVariable: variableName.default('ENCRYPTION_KEY').describe('Variable in the environment file that holds the passphrase'),
    }),
  ])
  .default({ method: 'none' })
  .describe('Encryption of the stored files: none, age, gpg or symmetric');

const signing = z
  .strictObject({
    keyFile: absolutePath.meta({ examples: ['/etc/plugspace/backup-signing.key'] }).optional().describe('Private SSH key on the server, mode 0600; default: /etc/<app.name>/backup-signing.key'),
    publicKeys: z.array(sshPublicKey).min(1, 'must hold the public half of the key').describe('Public keys; a set must be signed by one of them to be restored'),
  })
  .optional()
  .describe('Signatures of the manifests, so that a set that somebody altered is refused; default: none');

export const backup = z
  .strictObject({
    directory: absolutePath.meta({ examples: ['/home/plugspace/backups'] }).optional().describe('Where sets are stored; default: /home/<app.user>/backups'),
    logFile: absolutePath.meta({ examples: ['/var/log/plugspace/backup.log'] }).optional().describe('Log of all runs; default: /var/log/<app.name>/backup.log'),
    envFile: absolutePath.meta({ examples: ['/etc/plugspace/backup.env'] }).optional().describe('File with the secrets, mode 0600; default: /etc/<app.name>/backup.env'),
    types,
    scheduler: z.enum(['cron', 'systemd']).default('cron').describe('What starts the jobs on the server: a file for /etc/cron.d, or systemd timers'),
    timeZone: timeZone.default('UTC').describe('Time zone of the schedules; any but UTC takes systemd'),
    compression: z
      .strictObject({
        level: z.int('must be a whole number').min(1, 'must be at least 1').max(19, 'must be at most 19').default(3).describe('zstd level'),
      })
      .prefault({})
      .describe('Compression of the stored files'),
    minimumFree: size.default('1GB').describe('Space that must stay free on the disk of the backups'),
    timeout: duration.default('6h').describe('Time after which a run is stopped'),
    config: z
      .strictObject({
        paths: z.array(absolutePath.meta({ examples: ['/etc/systemd/system/plugspace.service'] })).default([]).describe('More files and directories of the configuration; a missing one fails the backup'),
        optional: z.array(absolutePath.meta({ examples: ['/etc/logrotate.d/plugspace'] })).default([]).describe('More files and directories of the configuration that may be missing'),
        crontabs: z
          .array(absolutePath.meta({ examples: ['/etc/cron.d/plugspace-backup'] }))
          .optional()
          .describe('Files of cron, which may be missing; default: /var/spool/cron/crontabs/<app.user>, and /etc/cron.d/<app.name>-backup where cron is the scheduler'),
      })
      .prefault({})
      .describe('What the configuration component holds beside the files that lifeboat knows'),
    encryption,
    signing,
    remotes: z.array(remote).default([]).describe('Locations beside the local directory'),
    transfer,
  })
  .prefault({})
  .describe('What is stored, when, where and for how long');

const variable = variableName.meta({ examples: ['ALERT_URL'] }).describe('Variable in the environment file that holds the address');
const channel = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('webhook'), urlVariable: variable }),
  z.strictObject({ kind: z.literal('ping'), urlVariable: variable }),
  z.strictObject({ kind: z.literal('mail'), to: email.describe('Receiver') }),
  z.strictObject({ kind: z.literal('command'), command: command.meta({ examples: [['/usr/local/bin/tell-the-team']] }).describe('Program that reads the alert on its standard input') }),
]);

export const monitoring = z
  .strictObject({
    job: slug.meta({ examples: ['plugspace-backup'] }).optional().describe('Value of the job label; default: <app.name>-backup'),
    textfileDirectory: absolutePath.default('/var/lib/prometheus/node-exporter').describe("Directory of the node exporter's textfile collector"),
    alerts: z
      .strictObject({ channels: z.array(channel).default([]).describe('Who is told: webhook, ping, mail or command') })
      .prefault({})
      .describe('Alerts that the server sends by itself'),
  })
  .prefault({})
  .describe('Metrics and alerts; this version sends and writes none yet');
