import type { View } from '../plan/view.ts';

/** One file that an environment gets. Adding a script is one line here, one template and one golden file. */
export type FileDescriptor = {
  /** Below `dist-scripts/<environment>/`, and below the application root once copied to the server. */
  readonly path: string;
  readonly template: string;
  readonly mode: 0o755 | 0o644;
  /** Left out where this says no; always written without it. */
  readonly when?: (view: View) => boolean;
};

export const files: readonly FileDescriptor[] = [
  { path: 'infrastructure/backup/backup.sh', template: 'backup/backup.sh.hbs', mode: 0o755 },
  { path: 'infrastructure/backup/restore.sh', template: 'restore/restore.sh.hbs', mode: 0o755 },
  { path: 'infrastructure/backup/backup.env.example', template: 'backup/backup.env.example.hbs', mode: 0o644 },
];
