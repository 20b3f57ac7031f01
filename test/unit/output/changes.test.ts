import { describe, expect, it } from 'vitest';
import { changesOf, unifiedDiff } from '../../../generator/output/changes.ts';
import { treeOf, type DiskFile } from '../../../generator/output/tree.ts';

const tree = treeOf('shop', [
  { path: 'backup.sh', text: 'one\ntwo\n', mode: 0o755 },
  { path: 'backup.env.example', text: '# x\n', mode: 0o644 },
]);
const disk = (overrides: Record<string, Partial<DiskFile> | undefined> = {}) => {
  const files = new Map<string, DiskFile>(tree.files.map(({ path, text, mode }) => [path, { bytes: Buffer.from(text), executable: mode === 0o755 }]));
  for (const [path, file] of Object.entries(overrides)) {
    if (file) files.set(path, { bytes: Buffer.from(''), executable: false, ...file });
    else files.delete(path);
  }
  return files;
};
const summary = (files: Map<string, DiskFile>) => changesOf(tree, files).map(({ kind, path, foreign, note }) => [kind, path, foreign, note]);

describe('changesOf', () => {
  it('finds nothing where all is as rendered', () => {
    expect(summary(disk())).toEqual([]);
  });

  it.each([
    ['missing', { 'backup.sh': undefined }, ['add', 'backup.sh', false, '']],
    ['changed', { 'backup.sh': { bytes: Buffer.from('one\n'), executable: true } }, ['change', 'backup.sh', false, '']],
    ['no longer executable', { 'backup.sh': { bytes: Buffer.from('one\ntwo\n') } }, ['change', 'backup.sh', false, 'must be executable']],
    ['executable', { 'backup.env.example': { bytes: Buffer.from('# x\n'), executable: true } }, ['change', 'backup.env.example', false, 'must not be executable']],
    ['a link', { 'backup.sh': { bytes: undefined } }, ['change', 'backup.sh', false, 'is not a plain file']],
    ['surplus and not ours', { 'notes.txt': {} }, ['remove', 'notes.txt', true, '']],
  ])('%s', (_, overrides, change) => {
    expect(summary(disk(overrides))).toEqual([change]);
  });

  it('knows its own surplus from the list of checksums', () => {
    const larger = treeOf('shop', [...tree.files.slice(0, 2), { path: 'verify.sh', text: '', mode: 0o755 }]);
    const files = new Map<string, DiskFile>(larger.files.map(({ path, text, mode }) => [path, { bytes: Buffer.from(text), executable: mode === 0o755 }]));
    expect(summary(files)).toEqual([
      ['change', 'SHA256SUMS', false, ''],
      ['remove', 'verify.sh', false, ''],
    ]);
  });
});

describe('unifiedDiff', () => {
  const diffOf = (file: Partial<DiskFile> | undefined) => {
    const change = changesOf(tree, disk({ 'backup.sh': file })).find(({ path }) => path === 'backup.sh');
    return change && unifiedDiff('shop', change);
  };

  it('shows a change as from disk to profile', () => {
    expect(diffOf({ bytes: Buffer.from('one\n2\n'), executable: true })).toBe('--- shop/backup.sh\n+++ shop/backup.sh\n@@ -1,2 +1,2 @@\n one\n-2\n+two\n');
  });

  it.each([
    ['missing', undefined],
    ['no plain file', { bytes: undefined }],
    ['the same, but for its mode', { bytes: Buffer.from('one\ntwo\n') }],
  ])('says nothing of a file that is %s', (_, file) => {
    expect(diffOf(file)).toBe('');
  });

  it('says nothing of a file that is surplus', () => {
    const [change] = changesOf(tree, disk({ 'old.sh': { bytes: Buffer.from('many\nlines\n') } }));
    expect(change && [change.path, unifiedDiff('shop', change)]).toEqual(['old.sh', '']);
  });
});
