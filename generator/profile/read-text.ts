// YAML and JSON profiles. Both are read by the yaml package, which keeps the position of every key; JSON is first held to its own grammar,
// since YAML would take much more.
import { Alias, type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Problem } from '../errors.ts';
import { findJsonMistake } from './json-grammar.ts';
import type { FieldPath, Place, Position, Source } from './source.ts';

type Parsed = { readonly source: Source; readonly problems: readonly Problem[] };

export function readText(file: string, content: string): Parsed {
  const text = content.replace(/^\uFEFF/, '');
  const broken = file.endsWith('.json') ? jsonError(file, text) : undefined;
  if (broken !== undefined) {
    return { source: { file, data: undefined, locate: () => undefined }, problems: [broken] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const problems = [...document.errors, ...document.warnings].map((error) =>
    syntaxProblem(file, error.message, positionAt(lines, error.pos[0])),
  );
  const data: unknown = problems.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 });
  return { source: { file, data, locate: (path) => locate(document, lines, path) }, problems };
}

function jsonError(file: string, text: string): Problem | undefined {
  const mistake = findJsonMistake(text);
  if (mistake === undefined) {
    return undefined;
  }
  const before = text.slice(0, mistake.offset).split('\n');
  return syntaxProblem(file, mistake.expected, { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
}

function syntaxProblem(file: string, reason: string, position: Position): Problem {
  const language = file.endsWith('.json') ? 'JSON' : 'YAML';
  return {
    file,
    ...position,
    path: '',
    code: 'syntax',
    message: `is not valid ${language}: ${reason.split('\n')[0]?.replace(/[.:]$/, '') ?? ''}`,
    fix: 'Correct the text at this place.',
    severity: 'error',
  };
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function locate(document: Document, lines: LineCounter, path: FieldPath): Place | undefined {
  let node: unknown = document.contents;
  let found: Place | undefined;
  for (const [index, part] of path.entries()) {
    const step = child(node instanceof Alias ? node.resolve(document) : node, part);
    if (step?.anchor.range === undefined || step.anchor.range === null) {
      break;
    }
    found = { ...positionAt(lines, step.anchor.range[0]), depth: index + 1 };
    node = step.value;
  }
  return found;
}

// The key is where the reader looks for a field; an item of a list has none.
function child(node: unknown, part: string | number): { anchor: Node; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
    return pair !== undefined && isScalar(pair.key) ? { anchor: pair.key, value: pair.value } : undefined;
  }
  const item: unknown = isSeq(node) && typeof part === 'number' ? node.items[part] : undefined;
  return item === undefined || item === null ? undefined : { anchor: item as Node, value: item };
}
