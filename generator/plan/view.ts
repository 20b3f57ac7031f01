/** What templates see: strings, safe integers, string arrays and booleans, always complete. A template that needs logic is a missing field here. */
export type View = {
  readonly profile: string;
  readonly version: string;
  readonly environment: string;
  /** Of the schedules, and of a time that names no zone. */
  readonly timeZone: string;
  readonly app: {
    readonly name: string;
    readonly domain: string;
    readonly user: string;
    readonly root: string;
    readonly paths: readonly string[];
    readonly excludes: readonly string[];
    readonly healthUrl: string;
    readonly start: readonly string[];
    readonly stop: readonly string[];
  };
  readonly files: { readonly backupDir: string; readonly envFile: string; readonly logFile: string };
  readonly mongodb: {
    readonly uri: string;
    readonly replicaSet: string;
    readonly member: string;
    readonly dataDir: string;
    readonly user: string;
    readonly start: readonly string[];
    readonly stop: readonly string[];
  };
  readonly redis: {
    readonly kind: string;
    readonly dbFilename: string;
    readonly appendFilename: string;
    readonly appendDirname: string;
    readonly host: string;
    readonly port: number;
    readonly socket: string;
    readonly passwordVariable: string;
    readonly dataDir: string;
    readonly user: string;
    readonly start: readonly string[];
    readonly stop: readonly string[];
  };
  readonly nginx: { readonly test: readonly string[]; readonly reload: readonly string[] };
  readonly config: { readonly paths: readonly string[]; readonly optionalPaths: readonly string[] };
  readonly ssl: { readonly paths: readonly string[] };
  readonly encryption: {
    readonly ageRecipients: readonly string[];
    readonly gpgKeys: readonly string[];
    readonly passphraseVariable: string;
    readonly passphraseNeeded: 'true' | 'false';
  };
  readonly signing: { readonly keyFile: string; readonly publicKeys: readonly string[] };
  readonly schedule: {
    readonly script: string;
    readonly full: JobView;
    readonly incremental: JobView;
    readonly database: JobView;
    readonly config: JobView;
    /** systemd units that come first at boot. */
    readonly after: readonly string[];
    /** Directories that a job writes to. */
    readonly directories: readonly string[];
    /** What of the configuration systemd can watch. */
    readonly watched: readonly string[];
  };
  /** In seconds. */
  readonly retention: { readonly full: number; readonly incremental: number; readonly database: number; readonly config: number; readonly longestPause: number };
  /** In words, for the page beside the scripts; `stops` says by which commands. */
  readonly page: {
    readonly directory: string;
    readonly stops: readonly string[];
    readonly kept: { readonly full: string; readonly incremental: string; readonly database: string; readonly config: string };
  };
  readonly remotes: {
    readonly names: readonly string[];
    /** `remote.field=value`, for the scripts. */
    readonly fields: readonly string[];
    /** `VARIABLE=value`, for rclone. */
    readonly rclone: readonly string[];
    /** How the variables of each remote begin. */
    readonly prefixes: readonly string[];
    /** Names of the variables that usually hold the secrets. */
    readonly secrets: readonly string[];
    readonly bandwidthLimit: string;
    readonly retries: number;
    readonly stallSeconds: number;
    readonly timeoutSeconds: number;
  };
  readonly limits: { readonly zstdLevel: number; readonly minimumFreeBytes: number; readonly timeoutSeconds: number };
  readonly features: {
    readonly mongodb: boolean;
    readonly redis: boolean;
    /** One of these two. */
    readonly databases: boolean;
    readonly app: boolean;
    readonly config: boolean;
    readonly ssl: boolean;
    readonly nginx: boolean;
    readonly health: boolean;
    readonly pm2: boolean;
    readonly localMongodb: boolean;
    readonly age: boolean;
    readonly gpg: boolean;
    readonly passphrase: boolean;
    readonly signing: boolean;
    readonly cron: boolean;
    readonly systemd: boolean;
    readonly incrementalJob: boolean;
    readonly databaseJob: boolean;
    /** Several times a minute. */
    readonly databaseOften: boolean;
    readonly databaseSeldom: boolean;
    readonly configJob: boolean;
    readonly privateTmp: boolean;
    /** Whether the profile has any, switched on or not: REMOTE_ENABLED decides on the server. */
    readonly remotes: boolean;
  };
};

/** When a job runs: five cron fields, and the same as systemd calendar expressions. Empty for a job that the profile does not have. */
export type JobView = { readonly cron: string; readonly calendar: readonly string[] };
