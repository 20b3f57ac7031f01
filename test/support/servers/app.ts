import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';
import { answersOn, installService, type Service } from './service.ts';

export type AppOptions = {
  dir: string;
  /** Relative to the root; holds server.mjs and .env. */
  directory: string;
  /** A port, or the path of a Unix socket. */
  mongodbAddress: string;
  redisAddress: string;
};

export type AppServer = Service & { port: number };

const program = fileURLToPath(new URL('../sandbox/app-server.mjs', import.meta.url));

export async function startApp(options: AppOptions): Promise<AppServer> {
  const port = await freePort();
  const home = join(options.dir, options.directory);
  await mkdir(home, { recursive: true });
  await copyFile(program, join(home, 'server.mjs'));
  const settings = { NODE_ENV: 'production', PORT: port, MONGODB_ADDRESS: options.mongodbAddress, REDIS_ADDRESS: options.redisAddress };
  await writeFile(join(home, '.env'), Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join(''));
  await chmod(join(home, '.env'), 0o600);
  const service = await installService(options.dir, {
    name: 'app',
    command: [process.execPath, join(home, 'server.mjs')],
    directory: options.directory,
    ready: answersOn(port),
  });
  await service.start();
  return { ...service, port };
}
