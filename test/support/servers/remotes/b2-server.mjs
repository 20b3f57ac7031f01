/**
 * Enough of Backblaze B2's own protocol for rclone: authorise, list, upload whole files and parts, download, hide, delete. Keys have
 * capabilities, a checksum that does not fit is refused, and what was stored survives a kill, as on a real service.
 * Usage: b2-server.mjs <port> <public port> <directory>. Keys stand in B2_KEYS: {"id": {"secret": "...", "capabilities": ["..."], "bucket": "..."}}.
 * GET /_fault/<operation>/<status>/<times> makes the next requests of that operation fail.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [port, publicPort, directory] = process.argv.slice(2);
const base = `http://127.0.0.1:${publicPort}`;
const keys = JSON.parse(process.env.B2_KEYS);
const journal = join(directory, 'journal');
const faults = new Map();
const unfinished = new Map();
let buckets = [];
let versions = [];
let last = 0;

class Refused extends Error {
  constructor(status, code, message = code) {
    super(message);
    Object.assign(this, { status, code });
  }
}

// --- What is stored: one line for each change, each version's bytes in a file of its own ------------------------------

const changes = {
  bucket: ({ name }) => { buckets.push(name); },
  version: ({ version }) => { versions.push(version); last = Math.max(last, Number(version.fileId.slice(1))); },
  remove: ({ fileId }) => { versions = versions.filter((version) => version.fileId !== fileId); },
};

function change(entry) {
  appendFileSync(journal, `${JSON.stringify(entry)}\n`);
  changes[entry.what](entry);
}

function load() {
  mkdirSync(directory, { recursive: true });
  const lines = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n') : [];
  for (const line of lines.filter((text) => text !== '')) {
    const entry = JSON.parse(line);
    changes[entry.what](entry);
  }
}

function nextId() {
  last += 1;
  return `F${last}`;
}

function store(bucketId, fileName, data, contentSha1, fileInfo, action = 'upload') {
  const fileId = nextId();
  const sizes = { contentLength: data.length, size: data.length };
  const version = { accountId: 'acc', bucketId, fileId, fileName, action, contentSha1, ...sizes, contentType: 'application/octet-stream', fileInfo, uploadTimestamp: Date.now() };
  try {
    writeFileSync(join(directory, fileId), data);
    change({ what: 'version', version });
  } catch (error) {
    rmSync(join(directory, fileId), { force: true });
    throw error;
  }
  return version;
}

// --- Requests with a file ---------------------------------------------------------------------------------------------

function checked(headers, body) {
  const told = headers['x-bz-content-sha1'];
  const [data, sha1] = told === 'hex_digits_at_end' ? [body.subarray(0, -40), body.subarray(-40).toString()] : [body, told];
  if (createHash('sha1').update(data).digest('hex') !== sha1) throw new Refused(400, 'bad_request', 'Sha1 did not match data received');
  return { data, sha1 };
}

function upload(path, headers, body) {
  fail('upload');
  const { data, sha1 } = checked(headers, body);
  const [, kind, id] = path.split('/');
  if (kind === 'part') {
    const partNumber = Number(headers['x-bz-part-number']);
    unfinished.get(id).parts.set(partNumber, data);
    return { fileId: id, partNumber, contentSha1: sha1, contentLength: data.length };
  }
  const told = Object.entries(headers).filter(([name]) => name.startsWith('x-bz-info-'));
  const info = Object.fromEntries(told.map(([name, value]) => [name.slice(10), value]));
  return store(id, decodeURIComponent(headers['x-bz-file-name']), data, sha1, info);
}

function download(url) {
  fail('download');
  const fileId = url.searchParams.get('fileId');
  const [, , bucket, ...rest] = url.pathname.split('/');
  const name = decodeURIComponent(rest.join('/'));
  const newest = versions.filter((version) => (fileId ? version.fileId === fileId : version.bucketId === bucket && version.fileName === name)).at(-1);
  if (newest?.action !== 'upload') throw new Refused(404, 'not_found');
  const headers = {
    'content-type': newest.contentType,
    'content-length': newest.contentLength,
    'x-bz-file-id': newest.fileId,
    'x-bz-file-name': encodeURIComponent(newest.fileName),
    'x-bz-content-sha1': newest.contentSha1,
    'x-bz-upload-timestamp': newest.uploadTimestamp,
    ...Object.fromEntries(Object.entries(newest.fileInfo).map(([key, value]) => [`x-bz-info-${key}`, value])),
  };
  return { headers, data: readFileSync(join(directory, newest.fileId)) };
}

// --- Requests in JSON -------------------------------------------------------------------------------------------------

function authorize(headers) {
  const [id, secret] = Buffer.from((headers.authorization ?? '').slice(6), 'base64').toString().split(/:(.*)/s);
  if (keys[id]?.secret !== secret) throw new Refused(401, 'unauthorized', 'Invalid accountId or applicationKeyId');
  const bucket = keys[id].bucket ?? null;
  const allowed = { capabilities: keys[id].capabilities, bucketId: bucket, bucketName: bucket, namePrefix: null };
  const sizes = { recommendedPartSize: 100_000_000, absoluteMinimumPartSize: 5_000_000, minimumPartSize: 100_000_000 };
  return { accountId: 'acc', authorizationToken: `tok-${id}`, apiUrl: base, downloadUrl: base, ...sizes, allowed };
}

const bucketView = (name) => ({ accountId: 'acc', bucketId: name, bucketName: name, bucketType: 'allPrivate', bucketInfo: {}, lifecycleRules: [], revision: 1 });

function list({ bucketId, prefix = '', delimiter }, everyVersion) {
  const found = new Map();
  const newestFirst = versions.filter((version) => version.bucketId === bucketId && version.fileName.startsWith(prefix ?? '')).toReversed();
  for (const version of newestFirst) {
    const rest = version.fileName.slice((prefix ?? '').length);
    if (delimiter && rest.includes(delimiter)) {
      const fileName = (prefix ?? '') + rest.split(delimiter)[0] + delimiter;
      found.set(fileName, { fileName, action: 'folder', fileId: '', size: 0, contentLength: 0, uploadTimestamp: 0, contentSha1: null, contentType: null, fileInfo: {} });
    } else if (everyVersion) {
      found.set(version.fileId, version);
    } else if (!found.has(version.fileName)) {
      found.set(version.fileName, version);
    }
  }
  const files = [...found.values()].filter(({ action }) => everyVersion || action !== 'hide');
  files.sort((a, b) => (a.fileName < b.fileName ? -1 : Number(a.fileName > b.fileName)));
  return { files, nextFileName: null, nextFileId: null };
}

const operations = {
  b2_list_buckets: ['listBuckets', ({ bucketName }) => ({ buckets: buckets.filter((name) => (bucketName ?? name) === name).map(bucketView) })],
  b2_create_bucket: ['writeBuckets', ({ bucketName }) => { change({ what: 'bucket', name: bucketName }); return bucketView(bucketName); }],
  b2_list_file_names: ['listFiles', (body) => list(body, false)],
  b2_list_file_versions: ['listFiles', (body) => list(body, true)],
  b2_get_upload_url: ['writeFiles', ({ bucketId }) => ({ bucketId, uploadUrl: `${base}/up/${bucketId}`, authorizationToken: 'upload' })],
  b2_start_large_file: ['writeFiles', ({ bucketId, fileName, fileInfo = {} }) => {
    const fileId = nextId();
    unfinished.set(fileId, { bucketId, fileName, fileInfo, parts: new Map() });
    return { fileId, fileName, bucketId };
  }],
  b2_get_upload_part_url: ['writeFiles', ({ fileId }) => ({ fileId, uploadUrl: `${base}/part/${fileId}`, authorizationToken: 'upload' })],
  b2_finish_large_file: ['writeFiles', ({ fileId }) => {
    const { bucketId, fileName, fileInfo, parts } = unfinished.get(fileId);
    unfinished.delete(fileId);
    const data = Buffer.concat([...parts.keys()].sort((a, b) => a - b).map((number) => parts.get(number)));
    return store(bucketId, fileName, data, 'none', fileInfo);
  }],
  b2_cancel_large_file: ['writeFiles', ({ fileId }) => { unfinished.delete(fileId); return { fileId }; }],
  b2_list_unfinished_large_files: ['listFiles', () => ({ files: [], nextFileId: null })],
  b2_copy_file: ['writeFiles', ({ sourceFileId, fileName, destinationBucketId }) => {
    const source = versions.find((version) => version.fileId === sourceFileId);
    if (source === undefined) throw new Refused(404, 'not_found');
    return store(destinationBucketId ?? source.bucketId, fileName, readFileSync(join(directory, source.fileId)), source.contentSha1, source.fileInfo);
  }],
  b2_hide_file: ['writeFiles', ({ bucketId, fileName }) => store(bucketId, fileName, Buffer.alloc(0), null, {}, 'hide')],
  b2_delete_file_version: ['deleteFiles', ({ fileId, fileName }) => { change({ what: 'remove', fileId }); return { fileId, fileName }; }],
};

function operate(name, headers, body) {
  const [capability, work] = operations[name] ?? [];
  if (work === undefined) throw new Refused(400, 'bad_request', name);
  fail(name);
  const key = keys[(headers.authorization ?? '').replace(/^tok-/, '')];
  if (key === undefined) throw new Refused(401, 'bad_auth_token');
  if (!key.capabilities.includes(capability)) throw new Refused(401, 'unauthorized', `not entitled: ${capability}`);
  return work(JSON.parse(body.toString() || '{}'));
}

// --- Frame ------------------------------------------------------------------------------------------------------------

const codes = { 401: 'expired_auth_token', 403: 'storage_cap_exceeded', 429: 'too_many_requests', 503: 'service_unavailable' };

function fail(operation) {
  const fault = faults.get(operation);
  if (fault === undefined || fault.times === 0) return;
  fault.times -= 1;
  throw new Refused(fault.status, codes[fault.status] ?? 'internal_error', 'injected');
}

function answer(request, body) {
  const url = new URL(request.url, base);
  const [, first, ...rest] = url.pathname.split('/');
  if (first === '_fault') {
    faults.set(rest[0], { status: Number(rest[1]), times: Number(rest[2]) });
    return {};
  }
  if (first === 'up' || first === 'part') return upload(url.pathname, request.headers, body);
  if (url.pathname.endsWith('/b2_authorize_account')) return authorize(request.headers);
  if (first === 'file' || url.searchParams.has('fileId')) return download(url);
  return operate(url.pathname.split('/').at(-1), request.headers, body);
}

function send(request, response, status, headers, data) {
  response.writeHead(status, { 'content-length': data.length, ...headers });
  response.end(request.method === 'HEAD' ? undefined : data);
}

async function handle(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const result = answer(request, Buffer.concat(chunks));
    if (result.data instanceof Buffer) send(request, response, 200, result.headers, result.data);
    else send(request, response, 200, { 'content-type': 'application/json' }, Buffer.from(JSON.stringify(result)));
  } catch (error) {
    const { status = 500, code = 'internal_error', message } = error;
    send(request, response, status, { 'content-type': 'application/json' }, Buffer.from(JSON.stringify({ status, code, message })));
  }
}

load();
createServer((request, response) => { handle(request, response).catch(() => response.destroy()); }).listen(Number(port), '127.0.0.1');
