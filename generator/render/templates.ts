import { TemplateError } from './template-error.ts';

/** One file under templates/. The extension tells the truth: `.hbs` has tags, anything else is taken as it is. */
export type Template = {
  /** Path below templates/, as in `backup/settings.sh.hbs`. */
  readonly path: string;
  /** The text that reaches the output: without `# needs:` lines and without author comments, but with as many lines as before. */
  readonly text: string;
  readonly tagged: boolean;
  /** Partials that must stand before this one in a script. */
  readonly needs: readonly string[];
};

export type TemplateSet = {
  readonly byPath: ReadonlyMap<string, Template>;
  /** By partial name: the path without `.sh`, `.hbs` or both. */
  readonly byName: ReadonlyMap<string, Template>;
};

const needsLine = /^# needs: (.*)$/;
const authorLine = /^\s*##(\s|$)/;
const headerLine = /^(# shellcheck shell=bash|\s*)$/;

export function templateSet(files: Readonly<Record<string, string>>): TemplateSet {
  const byPath = new Map<string, Template>();
  const byName = new Map<string, Template>();
  for (const path of Object.keys(files).sort()) {
    const template = parseTemplate(path, files[path] ?? '');
    const name = path.replace(/\.hbs$/, '').replace(/\.sh$/, '');
    const twin = byName.get(name);
    if (twin) throw new TemplateError([{ path, line: 1, message: `has the same partial name as ${twin.path}: ${name}` }]);
    byPath.set(path, template);
    byName.set(name, template);
  }
  return { byPath, byName };
}

/** Removed lines become empty ones, so that a line number of the linter is the line number in the editor. */
function parseTemplate(path: string, source: string): Template {
  const needs: string[] = [];
  const lines = source.split('\n');
  const shell = !path.replace(/\.hbs$/, '').endsWith('.md');
  let inHeader = true;
  const kept = lines.map((line, index) => {
    const names = needsLine.exec(line)?.[1];
    if (names !== undefined && !inHeader) {
      throw new TemplateError([{ path, line: index + 1, message: '"# needs:" belongs in the first lines of the file' }]);
    }
    if (names !== undefined) needs.push(...names.split(/\s+/).filter((name) => name !== ''));
    if (names !== undefined || (shell && authorLine.test(line)) || (inHeader && headerLine.test(line))) return '';
    inHeader = false;
    return line;
  });
  return { path, text: kept.join('\n'), tagged: path.endsWith('.hbs'), needs };
}
