import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { project } from '../support/runner/suites.ts';
import { ask, projectFiles } from './programs.ts';

const shipped = ['templates', 'dist-scripts', 'generator', 'infrastructure', 'schema', 'bin', 'demo', 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
const emitted = await projectFiles('templates', 'dist-scripts', 'infrastructure', '*.md');
let scratch: string;
beforeAll(() => { scratch = mkdtempSync(join(tmpdir(), 'lifeboat-secrets-')); });
afterAll(() => { rmSync(scratch, { recursive: true, force: true }); });

async function leaks(directory: string): Promise<string> {
  const { status, stdout, stderr } = await ask('gitleaks', ['dir', directory, '--no-banner', '--redact', '--verbose', '--exit-code=9']);
  if (status !== 0 && status !== 9) throw new Error(stderr);
  return status === 0 ? '' : stdout;
}

/** gitleaks overlooks these: an address with a password in it that is more than the word, and a private key that was cut off. */
const ownPatterns = [/\b[a-z][a-z0-9+]*:\/\/[^\s/:@'"<>${}]+:(?!password@)[^\s/@'"<>${}]+@[\w.]/i, /-----BEGIN [A-Z ]*PRIVATE KEY/];
const ownFindings = (text: string): string[] => text.split('\n').filter((line) => ownPatterns.some((pattern) => pattern.test(line)));

describe('what is shipped', () => {
  it.each(shipped)('holds no secret that gitleaks knows, in %s', async (path) => {
    expect(await leaks(path)).toBe('');
  });

  it.each(emitted)('holds no address with a password and no private key, in %s', (path) => {
    expect(ownFindings(readFileSync(join(project, path), 'utf8'))).toEqual([]);
  });
});

describe('these judges can say no', () => {
  // Put together here, so that no scanner takes this file for a leak.
  it('a key of a cloud', async () => {
    writeFileSync(join(scratch, 'backup.sh'), `readonly AWS_ACCESS_KEY_ID='${['AKIA', 'QYLPMN5HHHFPZAM2'].join('')}'\n`);
    expect(await leaks(scratch)).toContain('aws-access-token');
  });

  it.each([['mongodb://root:hun', 'ter2@db.example/admin'], ['-----BEGIN OPENSSH PRIV', 'ATE KEY-----']])('%s…', (...halves) => {
    expect(ownFindings(`x = "${halves.join('')}"`)).toHaveLength(1);
  });

  it.each(['mongodb://127.0.0.1:27017/?replicaSet=rs0', 'mongodb://user:${PASSWORD}@host', 'mongodb://user:password@host', 'https://shop.example:8443/x@y'])('but not %s', (text) => {
    expect(ownFindings(text)).toEqual([]);
  });
});
