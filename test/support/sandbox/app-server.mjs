// A stand-in for the application: it reads its settings from .env and is healthy when it reaches both of its databases.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';

const lines = readFileSync(new URL('.env', import.meta.url), 'utf8').split('\n');
const settings = Object.fromEntries(lines.filter((line) => line.includes('=')).map((line) => line.split(/=(.*)/s)));

function reachable(address) {
  return new Promise((resolve) => {
    const target = address.startsWith('/') ? { path: address } : { host: '127.0.0.1', port: Number(address) };
    const socket = connect(target, () => { socket.destroy(); resolve(true); });
    socket.on('error', () => resolve(false));
  });
}

async function answer(request, response) {
  if (request.url !== '/api/health') {
    response.writeHead(404).end('not found\n');
    return;
  }
  const [mongodb, redis] = await Promise.all([reachable(settings.MONGODB_ADDRESS), reachable(settings.REDIS_ADDRESS)]);
  response.writeHead(mongodb && redis ? 200 : 503, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: mongodb && redis ? 'ok' : 'degraded', mongodb, redis }));
}

createServer(answer).listen(Number(settings.PORT), '127.0.0.1');
