import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ensureTools } from '../tools/ensure.ts';
import { freePort } from './ports.ts';
import { answersOn, installService, programPath, type Service } from './service.ts';

export type NginxOptions = {
  /** The root under which the server lives: etc/nginx, var/log/nginx, var/lib/nginx. */
  dir: string;
  name?: string;
  /** Where requests go; without it nginx answers them itself. */
  upstreamPort?: number;
  /** Directory with fullchain.pem and privkey.pem: nginx then speaks TLS too. */
  certificates?: string;
};

export type NginxServer = Service & { port: number; tlsPort: number | undefined; configDirectory: string; testCommand: readonly [string, ...string[]] };

export async function startNginx(options: NginxOptions): Promise<NginxServer> {
  await ensureTools(['nginx']);
  const { dir } = options;
  const port = await freePort();
  const tlsPort = options.certificates === undefined ? undefined : await freePort();
  const configDirectory = join(dir, 'etc/nginx');
  const name = options.name ?? 'app';
  for (const directory of ['sites-available', 'sites-enabled', 'snippets']) await mkdir(join(configDirectory, directory), { recursive: true });
  for (const directory of ['var/log/nginx', 'var/lib/nginx']) await mkdir(join(dir, directory), { recursive: true });
  await writeFile(join(configDirectory, 'nginx.conf'), mainConfig(dir));
  await writeFile(join(configDirectory, 'snippets/proxy.conf'), 'proxy_set_header Host $host;\nproxy_connect_timeout 2s;\n');
  await writeFile(join(configDirectory, 'sites-available', name), siteConfig(options, port, tlsPort));
  await symlink(join('../sites-available', name), join(configDirectory, 'sites-enabled', name));
  const program = await programPath('nginx');
  const where = ['-p', dir, '-c', join(configDirectory, 'nginx.conf'), '-e', join(dir, 'var/log/nginx/error.log')];
  const service = await installService(dir, {
    name: 'nginx',
    command: [program, ...where, '-g', 'daemon off;'],
    directory: 'run',
    ready: answersOn(port),
    stopSignal: 'QUIT',
  });
  await service.start();
  return { ...service, port, tlsPort, configDirectory, testCommand: [program, '-t', '-q', ...where] };
}

/** nginx knows no way to write a dollar sign, so no root of a sandbox may hold one. */
const quoted = (path: string): string => `"${path.replace(/["\\]/g, '\\$&')}"`;

function mainConfig(dir: string): string {
  const { uid, username } = userInfo();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `  ${kind}_temp_path ${quoted(`${dir}/var/lib/nginx/${kind}`)};`);
  return [
    ...(uid === 0 ? [`user ${username};`] : []),
    'worker_processes 1;',
    `pid ${quoted(`${dir}/run/nginx-own.pid`)};`,
    'events { worker_connections 64; }',
    'http {',
    `  access_log ${quoted(`${dir}/var/log/nginx/access.log`)};`,
    ...temporary,
    '  include sites-enabled/*;',
    '}',
    '',
  ].join('\n');
}

function siteConfig(options: NginxOptions, port: number, tlsPort: number | undefined): string {
  const answer =
    options.upstreamPort === undefined
      ? ['  location / { return 200 "ok\\n"; }']
      : ['  location / {', '    include snippets/proxy.conf;', `    proxy_pass http://127.0.0.1:${options.upstreamPort};`, '  }'];
  const tls =
    options.certificates === undefined || tlsPort === undefined
      ? []
      : [
          `  listen 127.0.0.1:${tlsPort} ssl;`,
          `  ssl_certificate ${quoted(`${options.certificates}/fullchain.pem`)};`,
          `  ssl_certificate_key ${quoted(`${options.certificates}/privkey.pem`)};`,
        ];
  return ['server {', `  listen 127.0.0.1:${port};`, ...tls, ...answer, '}', ''].join('\n');
}
