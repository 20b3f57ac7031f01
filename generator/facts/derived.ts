// Values that follow from others unless the profile states them. Rules and plan both need them, so they are decided in one place.
import type { Profile } from '../profile/schema.ts';

export type Derived = {
  readonly user: string;
  readonly home: string;
  readonly root: string;
  /** Empty when the profile says that there is none. */
  readonly healthUrl: string;
  readonly backupDirectory: string;
  readonly logFile: string;
  readonly envFile: string;
  readonly signingKeyFile: string;
  readonly ecosystemFile: string;
  readonly pm2Home: string;
};

export function derive(profile: Profile): Derived {
  const { app } = profile;
  const user = app.user ?? app.name;
  const home = user === 'root' ? '/root' : `/home/${user}`;
  const root = app.root ?? `${home}/${app.name}`;
  return {
    user,
    home,
    root,
    healthUrl: app.healthUrl === undefined ? `https://${app.domain}/api/health` : (app.healthUrl ?? ''),
    ...files(profile, home, root),
  };
}

type Files = Pick<Derived, 'backupDirectory' | 'logFile' | 'envFile' | 'signingKeyFile' | 'ecosystemFile' | 'pm2Home'>;

function files({ app, backup, pm2 }: Profile, home: string, root: string): Files {
  return {
    backupDirectory: backup.directory ?? `${home}/backups`,
    logFile: backup.logFile ?? `/var/log/${app.name}/backup.log`,
    envFile: backup.envFile ?? `/etc/${app.name}/backup.env`,
    signingKeyFile: backup.signing?.keyFile ?? `/etc/${app.name}/backup-signing.key`,
    ecosystemFile: pm2.ecosystemFile ?? `${root}/ecosystem.config.js`,
    pm2Home: pm2.home ?? `${home}/.pm2`,
  };
}
