import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { partsOf, withList } from '../../../generator/render/parts.ts';
import { templateSet } from '../../../generator/render/templates.ts';

const script = (text: string) => ({ path: 'infrastructure/backup/backup.sh', mode: 0o755, text }) as const;
const reading = (...paths: string[]): string => paths.map((path) => `source "\${INFRASTRUCTURE}/${path}"\n`).join('');

describe('partsOf', () => {
  const templates = templateSet({
    'infrastructure/lib/log.sh': 'info() { :; }\n',
    'infrastructure/backup/dump.sh': 'cp -- "${INFRASTRUCTURE}/backup/reader.js" "${WORK_DIR}/"\n',
    'infrastructure/backup/reader.js': 'module.exports = {};\n',
    'infrastructure/backup/redis.sh': 'redis() { :; }\n',
  });

  it('gives what a script names, and what that names, once and no more', () => {
    const parts = partsOf([script(reading('lib/log.sh', 'backup/dump.sh', 'lib/log.sh'))], templates);
    expect(parts.map(({ path }) => path).sort()).toEqual(['infrastructure/backup/dump.sh', 'infrastructure/backup/reader.js', 'infrastructure/lib/log.sh']);
    expect(parts.every(({ mode }) => mode === 0o644)).toBe(true);
  });

  it('names a part that does not exist, and who wants it', () => {
    expect(() => partsOf([script(reading('lib/gone.sh'))], templates)).toThrow('templates/infrastructure/backup/backup.sh:1: names a part that does not exist: infrastructure/lib/gone.sh');
  });
});

describe('withList', () => {
  const files = withList([script('main\n'), { path: 'infrastructure/backup/reader.js', mode: 0o644, text: '0;\n' }]);
  const text = (path: string): string => files.find((file) => file.path === `infrastructure/${path}`)?.text ?? '';

  it('ends each file with a line of its own that says which text it ends', () => {
    const hash = createHash('sha256').update('main\n').digest('hex').slice(0, 16);
    expect(text('backup/backup.sh')).toBe(`main\n# ${hash} backup/backup.sh\n`);
    expect(text('backup/reader.js')).toMatch(/^0;\n\/\/ [0-9a-f]{16} backup\/reader\.js\n$/);
  });

  it('lists the last lines, and the checksums as sha256sum reads them', () => {
    const list = text('parts.sha256').trimEnd().split('\n');
    expect(list.slice(0, 2)).toEqual(expect.arrayContaining([text('backup/backup.sh').split('\n')[1]]));
    const sums = list.slice(2).map((line) => line.split('  '));
    expect(sums).toEqual([['backup/backup.sh'], ['backup/reader.js']].map(([path = '']) => [createHash('sha256').update(text(path)).digest('hex'), path]));
  });

  it('lists a script beside that folder by its last line alone, for the folder may be copied without it', () => {
    const list = withList([script('main\n'), { path: 'deploy/setup.sh', mode: 0o755, text: 'setup\n' }]).find(({ path }) => path.endsWith('parts.sha256'));
    const hash = createHash('sha256').update('setup\n').digest('hex').slice(0, 16);
    expect(list?.text.split('\n').filter((line) => line.includes('setup'))).toEqual([`# ${hash} ../deploy/setup.sh`]);
  });
});
