import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mustRun } from '../tools/command.ts';
import { ensureTools, toolPath } from '../tools/ensure.ts';

export const domain = 'plugspace.test';

/** Where things are in a sandbox: the guide's paths, below its root. */
export const places = (root: string) => ({
  root,
  home: join(root, 'home/plugspace'),
  appHome: 'home/plugspace/plugspace',
  appRoot: join(root, 'home/plugspace/plugspace'),
  uploads: join(root, 'home/plugspace/plugspace/uploads'),
  pm2Home: join(root, 'home/plugspace/.pm2'),
  backups: join(root, 'home/plugspace/backups'),
  letsencrypt: join(root, 'etc/letsencrypt'),
  certificates: join(root, 'etc/letsencrypt/live', domain),
  envFile: join(root, 'etc/plugspace/backup.env'),
  logFile: join(root, 'var/log/plugspace/backup.log'),
});

export type Places = ReturnType<typeof places>;

export async function writeAppTree(paths: Places): Promise<void> {
  await writeAll(paths.appRoot, {
    'package.json': '{ "name": "plugspace", "private": true, "type": "module" }\n',
    'src/routes/listings.js': 'export const listings = [];\n',
    'public/index.html': '<!doctype html><title>Plugspace</title>\n',
    'ecosystem.config.cjs': "module.exports = { apps: [{ name: 'plugspace', script: 'server.mjs' }] };\n",
  });
  await writeAll(paths.pm2Home, { 'dump.pm2': '[{ "name": "plugspace" }]\n' });
  for (const number of Array.from({ length: 24 }, (_, index) => index + 1)) {
    const name = `2026/${String((number % 12) + 1).padStart(2, '0')}/photo ${number}.bin`;
    await writeAll(paths.uploads, { [name]: Buffer.alloc(number * 1021, `photo ${number} `) });
  }
  await symlink('2026/01', join(paths.uploads, 'latest'));
  for (const directory of [paths.backups, dirname(paths.envFile), dirname(paths.logFile)]) await mkdir(directory, { recursive: true });
  await chmod(paths.backups, 0o700);
}

/** What certbot leaves: keys and certificates in archive/, and symlinks to the newest in live/. */
export async function writeCertificates(paths: Places): Promise<void> {
  await ensureTools(['openssl']);
  const archive = join(paths.letsencrypt, 'archive', domain);
  await mkdir(archive, { recursive: true });
  await mkdir(paths.certificates, { recursive: true });
  const subject = ['-subj', `/CN=${domain}`, '-addext', `subjectAltName=DNS:${domain}`];
  const files = ['-keyout', join(archive, 'privkey1.pem'), '-out', join(archive, 'cert1.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '90'];
  await mustRun('openssl', [...request, ...subject, ...files], { env: { ...process.env, PATH: toolPath() } });
  await chmod(join(archive, 'privkey1.pem'), 0o600);
  await mustRun('cp', [join(archive, 'cert1.pem'), join(archive, 'chain1.pem')]);
  await mustRun('cp', [join(archive, 'cert1.pem'), join(archive, 'fullchain1.pem')]);
  for (const name of ['cert', 'chain', 'fullchain', 'privkey']) {
    await symlink(`../../archive/${domain}/${name}1.pem`, join(paths.certificates, `${name}.pem`));
  }
  await writeAll(paths.letsencrypt, {
    [`renewal/${domain}.conf`]: `version = 2.1.0\narchive_dir = ${archive}\n[renewalparams]\nauthenticator = nginx\n`,
    'accounts/acme.test/directory/0a1b/regr.json': '{ "body": {}, "uri": "https://acme.test/acct/1" }\n',
  });
}

async function writeAll(base: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(base, name)), { recursive: true });
    await writeFile(join(base, name), content);
  }
}
