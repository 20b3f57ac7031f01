import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, askNode, projectFiles, type Verdict } from './programs.ts';

const pages = await projectFiles('*.md');
let scratch: string;
beforeAll(() => { scratch = mkdtempSync(join(tmpdir(), 'lifeboat-text-')); });
afterAll(() => { rmSync(scratch, { recursive: true, force: true }); });

const page = (name: string, text: string): string => {
  writeFileSync(join(scratch, name), text);
  return join(scratch, name);
};
/** What a judge said, when it said no. */
const complaint = ({ status, stdout, stderr }: Verdict): string => (status === 0 ? '' : `exit code ${status}\n${stdout}${stderr}`);

const spelling = (...paths: string[]): Promise<Verdict> => ask('typos', ['--config', '.typos.toml', '--format', 'brief', '--force-exclude', ...paths]);
const markdown = (...paths: string[]): Promise<Verdict> => askNode('markdownlint-cli2/markdownlint-cli2-bin.mjs', ['--config', '.markdownlint-cli2.jsonc', ...paths]);
const links = (...paths: string[]): Promise<Verdict> => ask('lychee', ['--offline', '--include-fragments', '--no-progress', ...paths]);

describe('the words and pages of the project', () => {
  it('are spelled as typos spells them, also in templates and scripts', async () => {
    expect(complaint(await spelling('.'))).toBe('');
  });

  it('are Markdown that markdownlint finds nothing in', async () => {
    expect(pages).toContain('README.md');
    expect(complaint(await markdown(...pages))).toBe('');
  });

  it('lead to files and headings that exist', async () => {
    expect(complaint(await links(...pages))).toBe('');
  });
});

describe('these judges can say no', () => {
  it('a word that is misspelled', async () => {
    expect(complaint(await spelling(page('typo.txt', 'the last bakcup\n')))).toContain('backup');
  });

  it('a heading without a space', async () => {
    expect(complaint(await markdown(page('style.md', '# Title\n\n##Section\n')))).toContain('MD018');
  });

  it('a link to a heading that does not exist', async () => {
    expect(complaint(await links(page('links.md', '# Title\n\n[here](#titel) and [there](missing.md)\n')))).toMatch(/titel[^]*missing\.md|missing\.md[^]*titel/);
  });
});
