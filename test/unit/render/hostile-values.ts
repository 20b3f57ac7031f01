import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { View } from '../../../generator/plan/view.ts';
import type { RenderedFile } from '../../../generator/render/rendered-file.ts';
import type { TemplateSet } from '../../../generator/render/templates.ts';

/** What breaks out of a careless quotation, one trick each. Every command among them leaves a file named `canary`. */
export const tricks = [
  "'", '"', '`touch canary`', '$(touch canary)', '${x:-$(touch canary)}', "'; touch canary; '", '"; touch canary; "', ';touch canary;', '\\', "\\'", '\\n', '$', '$$', '!!', '~', '*', '?', '[a-z]',
  '#', '&', '|', '>canary', '<', '(', ')', '{{', '}}', '{{{', '{{sh app.name}}', '{{/if}}', '{a,b}', '<<EOF', 'EOF', '-n', '--help', ' ', '=', '%s%n', "$'\\x41'", 'ü', '漢字', '🚢', 'e\u0301',
] as const;

export const controls = ['\n', '\n touch canary\n', '\r', '\t', '\0', '\u001b[31m', '\u0085', '\ud800'] as const;

type Setting = { readonly name: string; readonly path: string };

/** Which value of the view each setting of a script holds, read from the templates. An array is a list of values and of lists. */
export function settingsOf({ byPath }: TemplateSet): Setting[] {
  return [...byPath.values()]
    .filter(({ tagged }) => tagged)
    .flatMap(({ text }) => [
      ...[...text.matchAll(/^readonly ([A-Z][A-Z0-9_]*)=\{\{sh ([\w.]+)\}\}$/gm)],
      ...[...text.matchAll(/^readonly -a ([A-Z][A-Z0-9_]*)=\(\n\{\{#each ([\w.]+)\}\}\n {2}\{\{sh this\}\}\n\{\{\/each\}\}\n\)$/gm)],
    ])
    .map(([, name = '', path = '']) => ({ name, path }));
}

/** Sources a script in an empty directory and gives back each setting as bash sees it; throws if anything else happened there. */
export function settingsSeenByBash({ text }: RenderedFile, settings: readonly Setting[]): Map<string, string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeboat-hostile-'));
  try {
    writeFileSync(join(directory, 'script'), text);
    const names = settings.map(({ name }) => name).filter((name) => new RegExp(`^readonly (-a )?${name}=`, 'm').test(text));
    const prints = names.map((name) => `printf '%s\\0' "\${#${name}[@]}" "\${${name}[@]}"`);
    const output = execFileSync('bash', ['-c', ['. ./script', 'set +u', ...prints].join('\n')], { cwd: directory, encoding: 'utf8' });
    const left = readdirSync(directory).filter((name) => name !== 'script');
    if (left.length > 0) throw new Error(`sourcing the script left ${left.join(', ')}`);
    return readValues(names, output.split('\0'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readValues(names: readonly string[], words: readonly string[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  let position = 0;
  for (const name of names) {
    const count = Number(words[position]);
    values.set(name, words.slice(position + 1, position + 1 + count));
    position += 1 + count;
  }
  return values;
}

export function valueIn(view: View, path: string): string[] {
  const value = path.split('.').reduce<unknown>((object, key) => (object as Record<string, unknown>)[key], view);
  return (Array.isArray(value) ? value : [value]).map(String);
}
