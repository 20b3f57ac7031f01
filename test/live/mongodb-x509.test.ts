import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Row } from '../support/fixtures/mongo-seed-indexes.ts';
import type { ScriptResult } from '../support/sandbox/script.ts';
import { ownSecret } from '../support/servers/own-secret.ts';
import { mustRun } from '../support/tools/command.ts';
import { toolPath } from '../support/tools/ensure.ts';
import { untilPrimary } from './support/chains.ts';
import { setsOf } from './support/manifest.ts';
import { succeed } from './support/script.ts';
import { createWorld, type World } from './support/world.ts';

// As a server writes the name of a certificate: a comma within a name is escaped.
const account = 'CN=Backups\\, nightly,OU=clients,O=lifeboat';
const auth = { user: 'admin', password: ownSecret('x509') };

let world: World;
let certificates: string;
let uri: string;

/** A server that talks to nobody without TLS and without a certificate. */
async function requireTls(): Promise<void> {
  await world.mongodb.stop();
  const config = parse(await readFile(world.mongodb.configFile, 'utf8')) as { net: object };
  const tls = { mode: 'requireTLS', certificateKeyFile: join(certificates, 'server.pem'), CAFile: join(certificates, 'ca.pem') };
  await writeFile(world.mongodb.configFile, stringify({ ...config, net: { ...config.net, tls } }));
  await world.mongodb.start();
  await asAdministrator(untilPrimary);
}

async function makeCertificates(): Promise<void> {
  await mkdir(certificates, { mode: 0o700 });
  const openssl = (...args: readonly string[]): Promise<string> => mustRun('openssl', args, { cwd: certificates, env: { ...process.env, PATH: toolPath() } });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await openssl('req', '-x509', ...key, '-subj', '/O=lifeboat/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  for (const [name, subject, usage] of [['server', '/O=lifeboat/OU=servers/CN=127.0.0.1', 'subjectAltName=IP:127.0.0.1'], ['client', '/O=lifeboat/OU=clients/CN=Backups, nightly', 'extendedKeyUsage=clientAuth']] as const) {
    await writeFile(join(certificates, `${name}.ext`), usage);
    await openssl('req', ...key, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    await openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.crt`);
    await writeFile(join(certificates, `${name}.pem`), (await Promise.all(['crt', 'key'].map((end) => readFile(join(certificates, `${name}.${end}`), 'utf8')))).join(''), { mode: 0o600 });
  }
}

async function asAdministrator<T>(work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = await MongoClient.connect(`mongodb://127.0.0.1:${world.mongodb.port}/?directConnection=true`, {
    auth: { username: auth.user, password: auth.password }, tls: true, tlsCAFile: join(certificates, 'ca.pem'), tlsCertificateKeyFile: join(certificates, 'server.pem'),
  });
  return work(client).finally(() => client.close());
}

const things = (): Promise<number> => asAdministrator((client) => client.db('shop').collection('things').countDocuments());
const restore = (...args: readonly string[]): Promise<ScriptResult> => succeed(world, 'restore.sh', [...args, '--yes']);
const setsOfNow = async (): Promise<{ before: string; with: string }> => {
  const [before = '', , later = ''] = await setsOf(world);
  return { before, with: later };
};

beforeAll(async () => {
  world = await createWorld({ name: 'x509', mongodb: { auth } });
  certificates = join(world.root, 'etc/certificates');
  await makeCertificates();
  await succeed(world, 'backup.sh', ['--full']); // does not know the account yet
  await world.withMongo(async (client) => {
    await client.db('$external').command({ createUser: account, roles: ['backup', 'clusterMonitor', 'restore'].map((role) => ({ role, db: 'admin' })) });
    await client.db('shop').collection<Row>('things').insertOne({ _id: 1 });
  });
  await requireTls();
  const query = new URLSearchParams({ replicaSet: 'rs0', tls: 'true', tlsCAFile: join(certificates, 'ca.pem'), tlsCertificateKeyFile: join(certificates, 'client.pem'), authMechanism: 'MONGODB-X509', authSource: '$external' });
  uri = `mongodb://127.0.0.1:${world.mongodb.port}/?${query.toString()}`;
  await writeFile(world.paths.envFile, `MONGODB_URI='${uri}'\n`, { mode: 0o600 });
});
afterAll(() => world.close());

describe('an account that is a certificate, on a server that requires TLS', () => {
  it('takes full sets and slices', async () => {
    await succeed(world, 'backup.sh', ['--full']);
    await asAdministrator((client) => client.db('shop').collection<Row>('things').insertOne({ _id: 2 }));
    await succeed(world, 'backup.sh', ['--database']);
    await asAdministrator((client) => client.db('shop').collection('things').drop());
    await succeed(world, 'backup.sh', ['--database']);
    expect((await succeed(world, 'restore.sh', ['--suspects'])).stdout).toContain('dropped shop.things');
  });

  it('brings back a collection, and everything; that the account comes back too is known', async () => {
    const { with: set } = await setsOfNow();
    await restore(set, '--collection', 'shop.things', '--replace');
    expect(await things()).toBe(2);
    await asAdministrator((client) => client.db('shop').dropDatabase());
    const { stderr } = await restore(set, '--mongodb');
    expect(stderr).not.toMatch(/cannot log in|not tried/);
    expect(await things()).toBe(2);
    await succeed(world, 'backup.sh', ['--full']);
  });

  it('that a set does not hold is named at its restore', async () => {
    const { before } = await setsOfNow();
    const { stderr } = await restore(before, '--mongodb');
    expect(stderr).toContain(`$external.${account} of MONGODB_URI cannot log in with its certificate: there was no such account then.`);
    expect(stderr).toContain(`in mongosh: db.getSiblingDB("$external").createUser({ user: ${JSON.stringify(account)}, roles: `);
    const refused = await world.runScript('backup.sh', ['--full']);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('MongoDB refused the login')]);
    await succeed(world, 'restore.sh', ['--undo', '--yes']);
    await succeed(world, 'backup.sh', ['--full']);
  });

  it('and one of a directory, which was not tried here, are told apart in the dry run', async () => {
    const dry = async (login: string, mechanism: string): Promise<string> => {
      await writeFile(world.paths.envFile, `MONGODB_URI='${uri.replace('://', `://${login}`).replace('MONGODB-X509', mechanism)}'\n`);
      return (await world.runScript('backup.sh', ['--full', '--dry-run'])).stderr;
    };
    const tested = 'WARN  MONGODB_URI logs in by PLAIN, as with LDAP or Kerberos; lifeboat was tested with passwords and certificates';
    for (const login of ['', 'someone:secret@']) expect(await dry(login, 'PLAIN')).toMatch(new RegExp(`${tested}[^]*ERROR MongoDB refused the login \\((?!.*secret)`));
    expect(await dry('', 'MONGODB-X509')).not.toMatch(/logs in by|ERROR/);
  });
});
