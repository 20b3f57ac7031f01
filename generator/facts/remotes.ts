// What follows from a remote's fields; rules and plan both need it.
import type { Profile } from '../profile/schema.ts';
import type { Duration } from '../profile/units.ts';

export type Remote = Profile['backup']['remotes'][number];
type RemoteRetention = Readonly<Record<'full' | 'incremental' | 'database' | 'config', Duration>>;

/** Where the sets are, within the bucket. */
export function remoteDirectory(profile: Profile, { path }: Remote): string {
  return path ?? profile.name;
}

/** How rclone's variables for a remote begin. A name of a remote has "-" where a variable cannot. */
export function variablePrefix({ name }: Remote): string {
  return `RCLONE_CONFIG_${name.toUpperCase().replaceAll('-', '_')}_`;
}

/** How long sets are kept there: as long as here, where the remote says nothing else. */
export function remoteRetention({ backup: { types } }: Profile, { retention }: Remote): RemoteRetention {
  return {
    full: retention.full ?? types.full.retention,
    incremental: retention.incremental ?? types.incremental.retention,
    database: retention.database ?? types.database.retention,
    config: retention.config ?? types.config.retention,
  };
}

/** The same profile with the retention of a remote, for figures that are computed from it. */
export function asKeptAt(profile: Profile, remote: Remote): Profile {
  const { full, incremental, database, config } = remoteRetention(profile, remote);
  const { types } = profile.backup;
  const kept: Profile['backup']['types'] = {
    full: { ...types.full, retention: full },
    incremental: { ...types.incremental, retention: incremental },
    database: { ...types.database, retention: database },
    config: { ...types.config, retention: config },
  };
  return { ...profile, backup: { ...profile.backup, types: kept } };
}
