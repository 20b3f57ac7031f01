import { createServer, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';

export type MongosDouble = { port: number; uri: string; stop: () => Promise<void> };

const opReply = 1;
const opQuery = 2004;
const opMessage = 2013;

/**
 * A server that introduces itself as a mongos and refuses everything else. No registry carries the real one; what our scripts must
 * do is only to notice it.
 */
export async function startMongosDouble(): Promise<MongosDouble> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the double listens on no port');
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: address.port, uri: `mongodb://127.0.0.1:${address.port}/`, stop };
}

/** Cuts the stream into messages: each begins with its length. */
function serve(socket: Socket): void {
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 16 && received.length >= received.readInt32LE(0)) {
      const length = received.readInt32LE(0);
      socket.write(answer(received.subarray(0, length)));
      received = received.subarray(length);
    }
  });
}

function answer(message: Buffer): Buffer {
  const request = message.readInt32LE(4);
  if (message.readInt32LE(12) === opQuery) {
    const nameEnd = message.indexOf(0, 20);
    // Flags, cursor, start, and the number of documents.
    const head = Buffer.alloc(20);
    head.writeInt32LE(1, 16);
    return frame(request, opReply, head, reply(BSON.deserialize(message.subarray(nameEnd + 9))));
  }
  // Flags, then one section of kind 0: the command.
  const command = BSON.deserialize(message.subarray(21, 21 + message.readInt32LE(21)));
  return frame(request, opMessage, Buffer.alloc(5), reply(command));
}

function frame(request: number, kind: number, head: Buffer, document: Document): Buffer {
  const body = BSON.serialize(document);
  const header = Buffer.alloc(16);
  [16 + head.length + body.length, 1, request, kind].forEach((value, index) => header.writeInt32LE(value, index * 4));
  return Buffer.concat([header, head, body]);
}

function reply(command: Document): Document {
  const name = Object.keys(command)[0] ?? '';
  switch (name.toLowerCase()) {
    case 'hello':
    case 'ismaster':
      return {
        ismaster: true,
        isWritablePrimary: true,
        msg: 'isdbgrid',
        helloOk: true,
        minWireVersion: 0,
        maxWireVersion: 17,
        maxBsonObjectSize: 16_777_216,
        maxMessageSizeBytes: 48_000_000,
        maxWriteBatchSize: 100_000,
        localTime: new Date(),
        ok: 1,
      };
    case 'ping':
    case 'endsessions':
      return { ok: 1 };
    case 'buildinfo':
      return { version: '6.0.5', versionArray: [6, 0, 5, 0], gitVersion: '0', modules: [], maxBsonObjectSize: 16_777_216, ok: 1 };
    default:
      return { ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: `no such command: '${name}'` };
  }
}
