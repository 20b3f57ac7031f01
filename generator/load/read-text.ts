// YAML and JSON profiles. Both are read by the yaml package, which keeps the position of every key; JSON is first held to its own grammar,
// since YAML would take much more.
import { isUtf8 } from 'node:buffer';
import { Alias, type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { Problem } from '../errors.ts';
import type { FieldPath } from '../profile/field-path.ts';
import { findJsonMistake } from './json-grammar.ts';
import type { Place, Position, Source } from './source.ts';
import { explainSyntax, type Mistake } from './yaml-mistakes.ts';

type Parsed = { readonly source: Source; readonly problems: readonly Problem[] };

export function readText(file: string, content: Buffer): Parsed {
  const text = content.toString('utf8').replace(/^\uFEFF/, '');
  const broken = isUtf8(content) ? jsonError(file, text) : notUtf8(file);
  if (broken !== undefined) {
    return { source: { file, data: undefined, locate: () => undefined }, problems: [broken] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'error' });
  const source = (data: unknown): Source => ({ file, data, locate: (path) => locate(document, lines, path), ...schemaOf(text) });
  const mistakes = mistakesIn(document, lines, text);
  if (mistakes.length > 0) {
    return { source: source(undefined), problems: mistakes.map(({ reason, fix, offset }) => syntaxProblem(file, reason, fix, positionAt(lines, offset))) };
  }
  const { data, reason } = toData(document);
  return { source: source(data), problems: reason === undefined ? [] : [syntaxProblem(file, reason, 'Write the fields out where they are used.', {})] };
}

function mistakesIn(document: Document, lines: LineCounter, text: string): Mistake[] {
  const errors = [...document.errors, ...document.warnings];
  if (errors.length === 0) {
    const alias = brokenAlias(document);
    return alias === undefined ? [] : [alias];
  }
  return explainSyntax(errors, document, lines, text);
}

function schemaOf(text: string): Pick<Source, 'schema'> {
  const schema = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text)?.[1];
  return schema === undefined ? {} : { schema };
}

/** The data of a document whose text is right; aliases and merges can still make it impossible. */
function toData(document: Document): { data: unknown; reason?: string } {
  try {
    return { data: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    return { data: undefined, reason: error instanceof Error ? error.message : String(error) };
  }
}

function brokenAlias(document: Document): Mistake | undefined {
  let broken: Mistake | undefined;
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) {
        return undefined;
      }
      broken = { reason: `there is no anchor "${alias.source}" before this alias`, fix: `Write "&${alias.source}" before the value that is meant, further up, or write the value here.`, offset: alias.range?.[0] ?? 0 };
      return visit.BREAK;
    },
  });
  return broken;
}

function notUtf8(file: string): Problem {
  return { file, path: '', code: 'syntax', message: 'is not text in UTF-8', fix: 'Save the file as UTF-8.', severity: 'error' };
}

function jsonError(file: string, text: string): Problem | undefined {
  const mistake = file.endsWith('.json') ? findJsonMistake(text) : undefined;
  if (mistake === undefined) {
    return undefined;
  }
  const before = text.slice(0, mistake.offset).split('\n');
  return syntaxProblem(file, mistake.expected, mistake.fix, { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
}

function syntaxProblem(file: string, reason: string, fix: string, position: Partial<Position>): Problem {
  const language = file.endsWith('.json') ? 'JSON' : 'YAML';
  return {
    file,
    ...position,
    path: '',
    code: 'syntax',
    message: `is not valid ${language}: ${reason.split('\n')[0]?.replace(/[.:]$/, '') ?? ''}`,
    fix,
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
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
    return pair !== undefined && isScalar(pair.key) ? { anchor: pair.key, value: pair.value } : undefined;
  }
  const item: unknown = isSeq(node) && typeof part === 'number' ? node.items[part] : undefined;
  return item === undefined || item === null ? undefined : { anchor: item as Node, value: item };
}
