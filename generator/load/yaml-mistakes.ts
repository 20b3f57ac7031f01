// What the yaml package complains about, in words that lead to the cure. One mistake often draws several complaints: only the first of them
// is about it. Keys that stand twice are mistakes of their own, each of them.
import { type Document, isMap, isScalar, type LineCounter, visit, type YAMLError } from 'yaml';

export type Mistake = { readonly reason: string; readonly fix: string; readonly offset: number };

export function explainSyntax(errors: readonly YAMLError[], document: Document, lines: LineCounter, text: string): Mistake[] {
  const others = errors.filter(({ code }) => code !== 'DUPLICATE_KEY');
  const [first] = [...others].sort((a, b) => a.pos[0] - b.pos[0]);
  return first === undefined ? errors.map((error) => doubledKey(error, document, lines)) : [explain(first, lines, text)];
}

function explain({ code, message, pos: [offset] }: YAMLError, lines: LineCounter, text: string): Mistake {
  const tab = tabInIndentation(text);
  if (tab !== undefined && tab <= offset + 1 + lineAt(text, offset).length) {
    return { reason: 'a tab stands at the beginning of the line, where YAML takes spaces alone', fix: 'Put two spaces in its place, in this line and in those like it.', offset: tab };
  }
  const fix = code === 'TAG_RESOLVE_FAILED' ? 'Remove the tag, the word that begins with "!".' : `Look at the lines before line ${lines.linePos(offset).line} too: a quote, a bracket or a ":" may be missing there, or the indentation differs.`;
  return { reason: message, fix, offset };
}

function tabInIndentation(text: string): number | undefined {
  const found = /^ *\t/m.exec(text);
  return found === null ? undefined : found.index + found[0].length - 1;
}

function lineAt(text: string, offset: number): string {
  return text.slice(offset).split('\n', 1)[0] ?? '';
}

function doubledKey({ pos: [offset] }: YAMLError, document: Document, lines: LineCounter): Mistake {
  let name = '';
  let first = 0;
  visit(document, {
    Map: (_, map) => {
      const keys = map.items.map(({ key }) => key).filter((key) => isScalar(key));
      const second = keys.find(({ range }) => range?.[0] === offset);
      if (second !== undefined && isMap(map)) {
        name = String(second.value);
        first = keys.find(({ value }) => String(value) === name)?.range?.[0] ?? 0;
      }
    },
  });
  return { reason: `the key "${name}" stands twice, for the first time in line ${lines.linePos(first).line}`, fix: 'Remove one of the two, or put their fields together.', offset };
}
