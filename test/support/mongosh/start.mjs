// Starts mongosh with what V8 made of its thousand files the first time: the scripts start it several times in each run, and a start
// takes a third less time so. The official mongosh is one file that holds the same.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { Script } from 'node:vm';

const file = join(import.meta.dirname, `compiled-${process.versions.v8}`);
const known = read();
const added = new Map();
const compile = Module.prototype._compile;

function read() {
  try {
    const { places, data } = deserialize(readFileSync(file));
    return new Map(places.map(([name, start, end]) => [name, data.subarray(start, end)]));
  } catch {
    return new Map();
  }
}

// What is no plain CommonJS, node itself has to compile.
const plain = (content, name) => /\.c?js$/.test(name) && !/\bimport\s*\(|^\s*(import|export)\s/m.test(content);

Module.prototype._compile = function compileOnce(content, name, ...rest) {
  const cachedData = known.get(name);
  if (cachedData === undefined && !plain(content, name)) return compile.call(this, content, name, ...rest);
  const script = new Script(Module.wrap(content.replace(/^#!.*/, '')), { filename: name, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) added.set(name, script);
  const own = (id) => this.require(id);
  Object.assign(own, { resolve: createRequire(name).resolve, main: process.mainModule, extensions: Module._extensions, cache: Module._cache });
  return script.runInThisContext().call(this.exports, this.exports, own, this, name, dirname(name));
};

// Only after a run does V8 know which functions are needed.
process.on('exit', () => {
  if (added.size === 0) return;
  for (const [name, script] of added) known.set(name, script.createCachedData());
  const places = [];
  let end = 0;
  for (const [name, { length }] of known) places.push([name, end, (end += length)]);
  try {
    writeFileSync(`${file}.${process.pid}`, serialize({ places, data: Buffer.concat([...known.values()]) }));
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // A cache that may not be written to is slower, and no less right.
  }
});

createRequire(import.meta.url)('mongosh/bin/mongosh.js');
