import { derive } from '../facts/derived.ts';
import type { FieldPath } from '../profile/field-path.ts';
import type { Profile } from '../profile/schema.ts';
import type { Finding, Rule } from './rule.ts';

type Directory = { readonly path: FieldPath; readonly field: string; readonly directory: string };

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

function overlap(left: string, right: string): boolean {
  return isWithin(left, right) || isWithin(right, left);
}

/** Trees that a set holds copies of. */
function captured(profile: Profile): { field: string; directory: string }[] {
  const { root } = derive(profile);
  const { app, nginx, ssl, backup } = profile;
  return [
    ...app.include.map((path) => ({ field: 'app.include', directory: path === '.' ? root : `${root}/${path}` })),
    ...(nginx.enabled ? [{ field: 'nginx.configDirectory', directory: nginx.configDirectory }] : []),
    ...(ssl.enabled ? [{ field: 'ssl.directory', directory: ssl.directory }] : []),
    ...[...backup.config.paths, ...backup.config.optional].map((directory) => ({ field: 'backup.config', directory })),
  ];
}

function dataDirectories({ mongodb, redis }: Profile): Directory[] {
  return [
    ...(mongodb.enabled && mongodb.dataDirectory !== null
      ? [{ path: ['mongodb', 'dataDirectory'], field: 'mongodb.dataDirectory', directory: mongodb.dataDirectory }]
      : []),
    ...(redis.enabled ? [{ path: ['redis', 'dataDirectory'], field: 'redis.dataDirectory', directory: redis.dataDirectory }] : []),
  ];
}

export const backupInsideItself: Rule = {
  code: 'DIR-001',
  severity: 'error',
  title: 'The backup directory is outside of what it backs up',
  check: (profile) => {
    const { backupDirectory } = derive(profile);
    return captured(profile)
      .filter(({ directory }) => overlap(backupDirectory, directory))
      .map(({ field, directory }) => ({
        path: ['backup', 'directory'],
        message: `${backupDirectory} overlaps with ${directory} (${field}): each set would hold the sets before it, or a restore would move them away`,
        fix: `Choose a directory outside of ${directory}.`,
      }));
  },
};

export const databaseFilesCaptured: Rule = {
  code: 'DIR-002',
  severity: 'error',
  title: 'Files of a running database are not copied as files',
  check: (profile) =>
    dataDirectories(profile).flatMap(({ path, field, directory }) =>
      captured(profile)
        .filter((tree) => isWithin(directory, tree.directory))
        .map((tree): Finding => ({
          path,
          message: `${directory} is inside ${tree.directory} (${tree.field}): copies of files that a server is writing are not usable, and a restore would move them away`,
          fix: `Choose a directory outside of ${tree.directory} for ${field}, or name the folders of the application beside it in app.include.`,
        })),
    ),
};

export const sharedDirectory: Rule = {
  code: 'DIR-003',
  severity: 'error',
  title: 'Backups and the data of each database have directories of their own',
  check: (profile) => {
    const backup = { path: ['backup', 'directory'], field: 'backup.directory', directory: derive(profile).backupDirectory };
    const all = [...dataDirectories(profile), backup];
    return all.flatMap(({ path, directory }, index) =>
      all
        .slice(0, index)
        .filter((other) => overlap(directory, other.directory))
        .map((other): Finding => ({
          path,
          message: `${directory} overlaps with ${other.directory} (${other.field}): a restore replaces one of them as a whole`,
          fix: 'Give each its own directory, none inside another.',
        })),
    );
  },
};
