// Runs a script of ours as mongosh would, against a server that is only described, by the file that the first argument names. That
// makes servers possible that no test machine has (a mongos), and a run a hundred times faster.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [description, ...options] = process.argv.slice(2);
const described = JSON.parse(readFileSync(description, 'utf8'));
const namespaces = described.namespaces.map((name) => ({ database: name.split('.')[0], name: name.slice(name.indexOf('.') + 1) }));
const stamp = { getHighBits: () => 1_704_067_200, getLowBits: () => 1 };
const cursor = (row) => ({ sort: () => cursor(row), limit: () => cursor(row), next: () => row, toArray: () => [] });

function answer(command) {
  if (described.error) throw Object.assign(new Error(described.error.message), { code: described.error.code });
  if (command.hello) return described.hello;
  if (command.buildInfo) return { version: '6.0.5' };
  if (command.listDatabases) return { databases: [...new Set(namespaces.map(({ database }) => database))].map((name) => ({ name })) };
  if (command.connectionStatus) return { authInfo: { authenticatedUsers: [] } };
  if (command.getParameter) return { featureCompatibilityVersion: { version: '6.0' } };
  if (command.getCmdLineOpts) return { parsed: { storage: {} } };
  if (command.dbStats) return { dataSize: described.dataSize };
  throw new Error(`the described server knows no ${Object.keys(command)[0]}`);
}

globalThis.Mongo = class {
  getDB(database) {
    const held = ({ name } = {}) => namespaces.filter((one) => one.database === database && (name === undefined || one.name === name));
    return {
      runCommand: answer,
      getCollectionInfos: (filter) => held(filter).map(({ name }) => ({ name, type: 'collection', options: {}, info: {} })),
      getCollection: () => ({
        find: () => cursor({ ts: stamp }),
        aggregate: () => cursor({ storageStats: { maxSize: 209_715_200 } }),
      }),
    };
  }
};

const require = createRequire(import.meta.url);
Object.assign(globalThis, { EJSON: JSON, NumberDecimal: String, Timestamp: Object, UUID: String });
globalThis.sleep = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
globalThis.load = (file) => new Function('require', readFileSync(file, 'utf8'))(require);
await globalThis.load(resolve(options[options.indexOf('--file') + 1]));
