import { createServer, type Server } from 'node:net';

// Below the range from which the system takes the ports of outgoing connections.
const first = 20_000;
const count = 12_000;
const reserved: Server[] = [];

/**
 * A TCP port of the loopback interface that nothing listens on. It stays this process's own until the process ends, while its server is
 * down, too: tests beside this one, which ask in the same way, get others.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = first + Math.floor(Math.random() * count);
    const reservation = await listening(`\0lifeboat-port-${port}`);
    if (reservation === undefined) continue;
    reserved.push(reservation.unref());
    const trial = await listening({ host: '127.0.0.1', port });
    if (trial === undefined) continue;
    await new Promise((resolve) => trial.close(resolve));
    return port;
  }
  throw new Error(`no free port between ${first} and ${first + count}`);
}

/** A server that listens there, unless somebody else does. A path that begins with a zero byte is a name and no file: it ends with us. */
function listening(where: string | { host: string; port: number }): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => { resolve(undefined); });
    server.listen(where, () => { resolve(server); });
  });
}
