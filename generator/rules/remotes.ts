import { derive } from '../facts/derived.ts';
import { remoteDirectory, variablePrefix, type Remote } from '../facts/remotes.ts';
import type { FieldPath } from '../profile/field-path.ts';
import type { Profile } from '../profile/schema.ts';
import type { Finding, Rule } from './rule.ts';

type Check = (remote: Remote, index: number, profile: Profile) => readonly Finding[];

/** What a check says about each remote of a profile. */
function eachRemote(check: Check): Rule['check'] {
  return (profile) => profile.backup.remotes.flatMap((remote, index) => check(remote, index, profile));
}

const at = (index: number, ...field: string[]): FieldPath => ['backup', 'remotes', index, ...field];
const inTheClear = ({ enabled }: Remote, { backup }: Profile): boolean => enabled && backup.encryption.method === 'none';

export const unencryptedRemote: Rule = {
  code: 'ENC-001',
  severity: 'error',
  title: 'What leaves the server is encrypted',
  check: eachRemote((remote, index, profile) =>
    inTheClear(remote, profile) && !remote.plaintext
      ? [
          {
            path: at(index, 'enabled'),
            message: `remote "${remote.name}" would receive sets that are not encrypted`,
            fix: 'Set backup.encryption.method to "age" and name its recipients; or write plaintext: true, if the place itself is encrypted.',
          },
        ]
      : [],
  ),
};

export const plaintextRemote: Rule = {
  code: 'ENC-002',
  severity: 'warning',
  title: 'Nothing leaves the server in the clear',
  check: eachRemote((remote, index, profile) =>
    inTheClear(remote, profile) && remote.plaintext
      ? [
          {
            path: at(index, 'plaintext'),
            message: `is true: whoever can read remote "${remote.name}" can read every set, with the passwords and private keys in it`,
            fix: 'Set backup.encryption.method to "age", unless the place itself is encrypted.',
          },
        ]
      : [],
  ),
};

export const sameRemoteName: Rule = {
  code: 'REMOTE-001',
  severity: 'error',
  title: 'Each remote has its own name',
  check: eachRemote(({ name }, index, { backup: { remotes } }) => {
    const other = remotes.findIndex((remote) => remote.name === name);
    return other < index
      ? [{ path: at(index, 'name'), message: `"${name}" is also the name of backup.remotes[${other}]`, fix: 'Give each remote its own name.' }]
      : [];
  }),
};

export const mixedVariables: Rule = {
  code: 'REMOTE-002',
  severity: 'error',
  title: 'The variables of one remote are not those of another',
  check: eachRemote((remote, index, { backup: { remotes } }) => {
    const other = remotes.find(({ name }) => name !== remote.name && variablePrefix(remote).startsWith(variablePrefix({ ...remote, name })));
    return other === undefined
      ? []
      : [
          {
            path: at(index, 'name'),
            message: `is "${remote.name}", so its variables (${variablePrefix(remote)}*) would be read as options of "${other.name}" (${variablePrefix(other)}*)`,
            fix: `Choose a name that does not start with "${other.name}-".`,
          },
        ];
  }),
};

type Place = { readonly path: FieldPath; readonly words: string; readonly key: string };

const REACHED_BY = ['provider', 'region', 'endpoint', 'serviceAccountFile', 'account', 'host', 'port', 'user', 'keyFile', 'knownHostsFile'];

function fieldOf(remote: Remote, field: string): unknown {
  return (remote as Readonly<Record<string, unknown>>)[field];
}

// Two remotes at one service can only be told by what the profile says about them.
function placesOf(profile: Profile): Place[] {
  return profile.backup.remotes.flatMap((remote, index) => {
    const { kind, bucket, latest, configFile, name } = remote;
    const service = configFile === undefined ? REACHED_BY.map((field) => fieldOf(remote, field)) : [configFile, name];
    const place = (field: string, directory: string): Place => {
      return { path: at(index, field), words: `${field} of remote "${name}"`, key: `${JSON.stringify([kind, service, bucket])}${directory}/` };
    };
    return [place('path', remoteDirectory(profile, remote)), ...(latest === undefined ? [] : [place('latest', latest)])];
  });
}

export const samePlace: Rule = {
  code: 'REMOTE-003',
  severity: 'error',
  title: 'No two directories at the remotes are the same, or one inside another',
  check: (profile) =>
    placesOf(profile).flatMap((place, index, places) =>
      places
        .slice(0, index)
        .filter((other) => place.key.startsWith(other.key) || other.key.startsWith(place.key))
        .map((other) => ({
          path: place.path,
          message: `overlaps with ${other.words}: sets of one would be taken for sets of the other`,
          fix: 'Give each a directory of its own, none inside another.',
        })),
    ),
};

/** Where the sets are, and what they are copies of: a copy inside of either is none. */
export const diskOfItsOwn: Rule = {
  code: 'REMOTE-007',
  severity: 'error',
  title: 'A remote that is a directory is a disk of its own',
  check: eachRemote((remote, index, profile) => {
    if (remote.kind !== 'directory') return [];
    const { backupDirectory, root } = derive(profile);
    const inside = [backupDirectory, root].filter((directory) => `${directory}/`.startsWith(`${remote.bucket}/`) || `${remote.bucket}/`.startsWith(`${directory}/`));
    return inside.map((directory) => ({
      path: at(index, 'bucket'),
      message: `${remote.bucket} overlaps with ${directory}: what is lost there would be lost with its copy`,
      fix: 'Name the place where another disk or a share is mounted.',
    }));
  }),
};

export const idleSetting: Rule = {
  code: 'REMOTE-004',
  severity: 'error',
  title: 'What rclone.conf says is not said in the profile too',
  check: eachRemote((remote, index) =>
    remote.configFile === undefined
      ? []
      : remote.kind === 'directory'
        ? [{ path: at(index, 'configFile'), message: `has no effect: remote "${remote.name}" is a directory, which needs no settings of rclone`, fix: 'Leave it out.' }]
        : REACHED_BY.filter((field) => fieldOf(remote, field) !== undefined).map((field) => ({
          path: at(index, field),
          message: `has no effect: the section [${remote.name}] of ${remote.configFile ?? ''} says how to reach the remote`,
          fix: `Leave out ${field}, or configFile.`,
        })),
  ),
};

export const missingAddress: Rule = {
  code: 'REMOTE-005',
  severity: 'error',
  title: 'Each remote says where it is',
  check: eachRemote((remote, index) =>
    remote.kind === 'sftp' && remote.configFile === undefined
      ? (['host', 'user'] as const)
          .filter((field) => remote[field] === undefined)
          .map((field) => ({ path: at(index, field), message: `remote "${remote.name}" has no ${field}`, fix: `Write ${field}, or the configFile that says it.` }))
      : [],
  ),
};

export const anyHostIsBelieved: Rule = {
  code: 'REMOTE-006',
  severity: 'warning',
  title: 'The host of an SFTP remote is known by its key',
  check: eachRemote((remote, index) =>
    remote.kind === 'sftp' && remote.enabled && remote.configFile === undefined && remote.knownHostsFile === undefined
      ? [
          {
            path: at(index, 'knownHostsFile'),
            message: `is missing: whoever answers for ${remote.host ?? 'the host'} is believed to be it`,
            fix: `Write its key into a file, with "ssh-keyscan ${remote.host ?? 'HOST'}", compare it, and name the file.`,
          },
        ]
      : [],
  ),
};
