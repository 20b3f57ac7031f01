import { createHash, createHmac } from 'node:crypto';

export type S3Login = { endpoint: string; key: string; secret: string };
export type S3Request = { method: 'GET' | 'PUT' | 'DELETE'; path: string; query?: Readonly<Record<string, string>>; headers?: Readonly<Record<string, string>>; body?: string };

const region = 'us-east-1';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const encoded = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** One signed request, for what rclone has no command for: policies, versions, locks. */
export async function s3(login: S3Login, request: S3Request): Promise<{ status: number; body: string }> {
  const { method, path, query = {}, body = '' } = request;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const search = Object.entries(query).sort().map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&');
  const md5 = createHash('md5').update(body).digest('base64');
  const headers: Record<string, string> = { ...request.headers, host: new URL(login.endpoint).host, 'x-amz-content-sha256': sha256(body), 'x-amz-date': time, ...(body === '' ? {} : { 'content-md5': md5 }) };
  const names = Object.keys(headers).sort();
  const canonical = [method, path.split('/').map(encoded).join('/'), search, ...names.map((name) => `${name}:${headers[name] ?? ''}`), '', names.join(';'), sha256(body)].join('\n');
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const key = ['s3', 'aws4_request'].reduce<Buffer>((secret, text) => hmac(secret, text), hmac(hmac(`AWS4${login.secret}`, time.slice(0, 8)), region));
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex');
  headers['authorization'] = `AWS4-HMAC-SHA256 Credential=${login.key}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  const answer = await fetch(`${login.endpoint}${path}${search === '' ? '' : `?${search}`}`, { method, headers, ...(body === '' ? {} : { body }), signal: AbortSignal.timeout(20_000) });
  return { status: answer.status, body: await answer.text() };
}

export async function s3Must(login: S3Login, request: S3Request): Promise<string> {
  const { status, body } = await s3(login, request);
  if (status >= 300) throw new Error(`${request.method} ${request.path} answered ${status}: ${body}`);
  return body;
}
