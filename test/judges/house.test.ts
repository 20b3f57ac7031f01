import { describe, expect, it } from 'vitest';
import { emittedFiles, emittedScripts, type Joined, type Script, templates } from './subjects.ts';

const mostLines = 400;
const mostLinesOfScript = 450;

const scripts = await emittedScripts();
const files = await emittedFiles();

function tooLong({ name, text }: Script): string[] {
  const lines = text.split('\n').length - 1;
  return lines > (text.startsWith('#!') ? mostLinesOfScript : mostLines) ? [`${name} has ${lines} lines`] : [];
}

/** Functions that no script calls: by their name, or by one that is put together, as in `"mongodb_$1_script"`. */
function uncalled(all: readonly Joined[]): string[] {
  const text = all.map((script) => script.text).join('\n').replace(/^\s*#.*$/gm, '');
  const composed = [...text.matchAll(/"([a-z_]+_)\$(?:\d|\{\w+\})([a-z_]*)"/g)].map(([, before = '', after = '']) => new RegExp(`^${before}\\w+${after}$`));
  const names = new Set([...text.matchAll(/^(\w+)\(\) /gm)].map(([, name = '']) => name));
  const words = new Map<string, number>();
  for (const [word] of text.matchAll(/(?<![\w-])\w+(?![\w-])/g)) words.set(word, (words.get(word) ?? 0) + 1);
  // What many scripts read stands in the text as often.
  const declared = (name: string): number => [...text.matchAll(new RegExp(`^${name}\\(\\) `, 'gm'))].length;
  return [...names].filter((name) => words.get(name) === declared(name) && !composed.some((pattern) => pattern.test(name)));
}

/** Tags below the list of parts, outside of the usage. */
function tagsBelow({ text }: Script): string[] {
  const below = text.slice(text.indexOf('# --- Command line ---'));
  return below.replace(/^usage\(\) \{\n[^]*?^\}$/m, '').split('\n').filter((line) => line.includes('{{'));
}

describe('the house', () => {
  it('has no file that is too long to read at once', () => {
    expect(files.length).toBeGreaterThan(400);
    expect(files.flatMap(tooLong)).toEqual([]);
  });

  it('holds no function that nobody calls in any environment', () => {
    expect(uncalled(scripts)).toEqual([]);
  });

  it.each(templates().filter(({ text }) => text.startsWith('#!')))('has no tag in the flow of $name', (template) => {
    expect(template.text).toContain('# --- Command line ---');
    expect(tagsBelow(template)).toEqual([]);
  });
});

describe('these judges can say no', () => {
  it('a part, or a script, that is too long', () => {
    expect(tooLong({ name: 'part', text: ':\n'.repeat(mostLines + 1) })).toHaveLength(1);
    expect(tooLong({ name: 'script', text: `#!/usr/bin/env bash\n${':\n'.repeat(mostLines)}` })).toEqual([]);
  });

  it.each([
    ['used() { :; }\nused\n', []],
    ['idle() { :; }\n# idle\n', ['idle']],
    ['ask_redis() { :; }\n"ask_$1"\n', []],
    ['tell_redis() { :; }\n"ask_$1"\n', ['tell_redis']],
  ])('a function that nobody calls in %j', (text, idle) => {
    expect(uncalled([{ name: 'a/b.sh', text, settings: { first: 0, last: 0 } }])).toEqual(idle);
  });

  it('a tag in the flow, though not in the usage', () => {
    const text = (body: string): string => `# --- Command line ---\nusage() {\n  cat <<'EOF'\n{{#if features.redis}}\nEOF\n}\n${body}\n`;
    expect(tagsBelow({ name: '', text: text('main') })).toEqual([]);
    expect(tagsBelow({ name: '', text: text('{{#if features.redis}}') })).toHaveLength(1);
  });
});
