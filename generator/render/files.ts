import type { View } from '../plan/view.ts';

/** One file that is filled in. Adding a script is one line here and its template; the parts that it names come with it (`parts.ts`). */
export type FileDescriptor = {
  /** Below `dist-scripts/<environment>/`, and below the application root once copied to the server. `<app>` is the name of the application. */
  readonly path: string;
  readonly template: string;
  readonly mode: 0o755 | 0o644;
  /** Left out where this says no; always written without it. */
  readonly when?: (view: View) => boolean;
};

export const files: readonly FileDescriptor[] = [
  { path: 'infrastructure/settings.sh', template: 'infrastructure/settings.sh.hbs', mode: 0o644 },
  { path: 'infrastructure/install.sh', template: 'infrastructure/install.sh.hbs', mode: 0o755 },
  { path: 'deploy/backup-setup.sh', template: 'deploy/backup-setup.sh.hbs', mode: 0o755 },
  { path: 'infrastructure/backup/backup.sh', template: 'infrastructure/backup/backup.sh.hbs', mode: 0o755 },
  { path: 'infrastructure/backup/restore.sh', template: 'infrastructure/backup/restore.sh.hbs', mode: 0o755 },
  { path: 'infrastructure/backup/backup.env.example', template: 'infrastructure/backup/backup.env.example.hbs', mode: 0o644 },
  { path: 'infrastructure/backup/RECOVERY.md', template: 'infrastructure/backup/RECOVERY.md.hbs', mode: 0o644 },
  { path: 'infrastructure/cron/<app>-backup', template: 'schedule/cron.hbs', mode: 0o644, when: ({ features }) => features.cron },
  unit('full.service', () => true),
  unit('full.timer', () => true),
  unit('incremental.service', ({ incrementalJob }) => incrementalJob),
  unit('incremental.timer', ({ incrementalJob }) => incrementalJob),
  unit('database.service', ({ databaseJob }) => databaseJob),
  unit('database.timer', ({ databaseJob }) => databaseJob),
  unit('config.service', ({ configJob }) => configJob),
  unit('config.timer', ({ configJob }) => configJob),
  unit('config.path', ({ configJob }) => configJob),
];

export function pathOf({ path }: FileDescriptor, { app }: View): string {
  return path.replace('<app>', app.name);
}

function unit(name: string, wanted: (features: View['features']) => boolean): FileDescriptor {
  return {
    path: `infrastructure/systemd/<app>-backup-${name}`,
    template: `schedule/${name}.hbs`,
    mode: 0o644,
    when: ({ features }) => features.systemd && wanted(features),
  };
}
