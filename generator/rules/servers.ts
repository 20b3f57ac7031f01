import type { Rule } from './rule.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i;

/** What a connection string names, as written; nothing for mongodb+srv, whose servers are known to the DNS only. */
function serversOf(uri: string): string[] {
  const [, list = ''] = /^mongodb:\/\/(?:[^@/]*@)?([^/?]*)/.exec(uri) ?? [];
  return list.split(',').filter((entry) => entry !== '').map(decodeURIComponent);
}

function hostsOf(uri: string): string[] {
  return serversOf(uri).map((server) => server.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));
}

const portOf = (server: string): string => /:(\d+)$/.exec(server)?.[1] ?? '27017';

export const replicaSetMismatch: Rule = {
  code: 'MONGO-001',
  severity: 'error',
  title: 'The connection string and mongodb.replicaSet name the same set',
  check: ({ mongodb }) => {
    const named = new URLSearchParams(mongodb.uri.split('?')[1] ?? '').get('replicaSet');
    return mongodb.enabled && named !== null && named !== mongodb.replicaSet
      ? [
          {
            path: ['mongodb', 'replicaSet'],
            message: `is "${mongodb.replicaSet}", but mongodb.uri names the replica set "${named}"`,
            fix: `Write "${named}", or change mongodb.uri.`,
          },
        ]
      : [];
  },
};

export const serverElsewhere: Rule = {
  code: 'MONGO-002',
  severity: 'error',
  title: 'The server that is backed up is the one whose data directory a restore replaces',
  check: ({ mongodb }) => {
    const hosts = hostsOf(mongodb.uri);
    const member = mongodb.member.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
    const local = hosts.length === 0 || hosts.some((host) => LOOPBACK.test(host) || host.startsWith('/') || host === member);
    return mongodb.enabled && mongodb.dataDirectory !== null && !local
      ? [
          {
            path: ['mongodb', 'dataDirectory'],
            message: `is ${mongodb.dataDirectory} on this host, but mongodb.uri names ${hosts.join(', ')}`,
            fix: 'Write null if the server runs elsewhere; if it is this host, name it in mongodb.member.',
          },
        ]
      : [];
  },
};

export const mongodElsewhere: Rule = {
  code: 'MONGO-003',
  severity: 'warning',
  title: 'A mongod on this host can recover what a restore needs',
  check: ({ mongodb }) =>
    mongodb.enabled && mongodb.dataDirectory === null
      ? [
          {
            path: ['mongodb', 'dataDirectory'],
            message: 'is null, so MongoDB runs elsewhere; a restore recovers everything with a mongod of the same version on this host first',
            fix: 'Install the package mongodb-org-server of that version here, and disable its service; backup.sh --dry-run tells whether it fits.',
          },
        ]
      : [],
};

export const untriedLogin: Rule = {
  code: 'MONGO-004',
  severity: 'warning',
  title: 'The login of MongoDB is one that was tried',
  check: ({ mongodb }) => {
    const mechanism = [...new URLSearchParams(mongodb.uri.split('?')[1] ?? '')].find(([name]) => name.toLowerCase() === 'authmechanism')?.[1] ?? '';
    return mongodb.enabled && mechanism !== '' && !/^(?:SCRAM-.*|MONGODB-X509)$/i.test(mechanism)
      ? [
          {
            path: ['mongodb', 'uri'],
            message: `logs in by ${mechanism}, as with LDAP or Kerberos; lifeboat was tested with passwords and certificates (MONGODB-X509) only`,
            fix: 'Use an account of one of these, or try a backup and a restore before you rely on them.',
          },
        ]
      : [];
  },
};

export const memberElsewhere: Rule = {
  code: 'MONGO-005',
  severity: 'warning',
  title: 'A restored server gets the address that it answers at',
  check: ({ mongodb }) => {
    const servers = serversOf(mongodb.uri);
    const agrees = servers.length === 0 || servers.some((server) => server.startsWith('/') || portOf(server) === portOf(mongodb.member));
    return mongodb.enabled && mongodb.dataDirectory !== null && !agrees
      ? [
          {
            path: ['mongodb', 'member'],
            message: `is "${mongodb.member}", but mongodb.uri names ${servers.join(', ')}: a restore writes member into the replica set, and a server that cannot be reached there does not become primary`,
            fix: 'Write what rs.conf().members[0].host says on this server into mongodb.member, and the same port into mongodb.uri.',
          },
        ]
      : [];
  },
};

export const redisElsewhere: Rule = {
  code: 'REDIS-001',
  severity: 'warning',
  title: 'Redis runs on this host, where a restore puts its files',
  check: ({ redis }) =>
    redis.enabled && redis.socket === undefined && !LOOPBACK.test(redis.host)
      ? [
          {
            path: ['redis', 'host'],
            message: `is ${redis.host}, but a restore puts files into ${redis.dataDirectory} on this host`,
            fix: 'Make sure that it is a name of this host, or disable redis.',
          },
        ]
      : [],
};

export const hugePages: Rule = {
  code: 'KERNEL-001',
  severity: 'warning',
  title: 'MongoDB and Redis want the same kernel settings',
  check: ({ mongodb, redis }) => {
    const wantsHugePages = mongodb.enabled && mongodb.version !== undefined && Number(mongodb.version.split('.')[0]) >= 8;
    const refusesHugePages = redis.enabled && redis.version !== undefined && isBefore(redis.version, 6, 2);
    return wantsHugePages && refusesHugePages
      ? [
          {
            path: ['redis', 'version'],
            message: `MongoDB ${mongodb.version ?? ''} wants transparent huge pages on, Redis ${redis.version ?? ''} wants them off, and cannot opt out as 6.2 does`,
            fix: 'Use Redis 6.2 or newer, or another host for one of them.',
          },
        ]
      : [];
  },
};

function isBefore(version: string, major: number, minor: number): boolean {
  const [left = 0, right = 0] = version.split('.').map(Number);
  return left < major || (left === major && right < minor);
}
