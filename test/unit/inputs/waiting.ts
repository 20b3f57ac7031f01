// Fields that no generated file shows yet. Each says what will read it; some are read already, by the rules and by "explain". A field that a
// file shows after all, or that the schema no longer has, must not stand here.

export const WAITING: Readonly<Record<string, string>> = {
  'mongodb.version': 'the script that sets up MongoDB will install it; today a rule compares what the servers ask of the kernel',
  'mongodb.database': 'the script that sets up MongoDB will give the application its account there',
  'mongodb.logFile': 'the script that sets up MongoDB will write it into mongod.conf, and have the log rotated',
  'mongodb.oplogSize': 'the script that sets up MongoDB will set it; today rules and "explain" compare it with the schedules',
  'mongodb.oplogGrowthPerHour': 'the alert on an oplog that is too small; today rules and "explain" compare it with the schedules',
  'mongodb.service.reload': 'the script that sets up MongoDB; backups and restores only stop and start it',
  'redis.version': 'the script that sets up Redis will install it; today a rule compares what the servers ask of the kernel',
  'redis.service.reload': 'the script that sets up Redis; backups and restores only stop and start it',
  'nginx.service.stop': 'the script for failover will stop nginx on the host that is left; a restore only reloads or starts it',
  'ssl.email': 'the script that sets up the certificates will give it to the authority',
  'pm2.service.reload': 'the script that sets up PM2; a restore only stops and starts the application',

  'objectives.rpo.database': 'the runbook and the alerts; today rules and "explain" hold the schedules against it',
  'objectives.rpo.uploads': 'the runbook and the alerts; today rules and "explain" hold the schedules against it',
  'objectives.rpo.configuration': 'the runbook and the alerts; today rules and "explain" hold the schedules against it',
  'objectives.rto.serviceFailure': 'the runbook and the drills; today "explain" says it',
  'objectives.rto.databaseFailure': 'the runbook and the drills; today "explain" says it',
  'objectives.rto.serverFailure': 'the runbook and the drills; today "explain" says it',
  'objectives.rto.fullDisaster': 'the runbook and the drills; today "explain" says it',

  'verification.drill.schedule': 'the job that rehearses restores',
  'monitoring.job': 'the metrics will bear it as a label',
  'monitoring.textfileDirectory': 'the metrics will be written there',
  'monitoring.alerts.channels(webhook).urlVariable': 'the alerts will be sent there',
  'monitoring.alerts.channels(ping).urlVariable': 'the alerts will be sent there',
  'monitoring.alerts.channels(mail).to': 'the alerts will be sent there',
  'monitoring.alerts.channels(command).command': 'the alerts will be given to it',

  'hardening.sshPort': 'the script that protects the host',
  'hardening.firewallPorts': 'the script that protects the host',
  'hardening.adminUser': 'the script that protects the host',
  'hardening.automaticUpdates': 'the script that protects the host',

  'failover.enabled': 'whether the script for failover is written',
  'failover.standbyHost': 'the script for failover',
  'failover.record': 'the script for failover',
  'failover.dnsProvider': 'the script for failover',
};
