// Where a field of a TypeScript profile stands, read from its text: keys are followed by name through nested braces. Values that the
// program computes have no place of their own; then the nearest enclosing key is the answer, or none.
import type { FieldPath } from '../profile/field-path.ts';
import type { Place } from './source.ts';

type Token = { readonly text: string; readonly offset: number };

const TOKENS = /\/\/.*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|[\w$]+|[{}()[\]:,=.]/g;
const OPEN = ['{', '(', '['];
const CLOSE = ['}', ')', ']'];

export function locateInModule(text: string, path: FieldPath): Place | undefined {
  const tokens = tokenize(text);
  let start = startOfProfile(tokens);
  let found: Place | undefined;
  for (const [index, part] of path.entries()) {
    const key = typeof part === 'string' && start !== undefined ? findKey(tokens, start, part) : undefined;
    const token = key === undefined ? undefined : tokens[key];
    if (key === undefined || token === undefined) {
      break;
    }
    found = { ...positionOf(text, token.offset), depth: index + 1 };
    start = tokens[key + 2]?.text === '{' ? key + 3 : undefined;
  }
  return found;
}

function tokenize(text: string): Token[] {
  return [...text.matchAll(TOKENS)].map(({ 0: token, index }) => ({ text: token, offset: index })).filter(({ text: token }) => !/^\/[/*]/.test(token));
}

// The first token inside the object that `profile = defineProfile({`, or extendProfile(base, {, opens.
function startOfProfile(tokens: readonly Token[]): number | undefined {
  const name = tokens.findIndex(({ text }, index) => text === 'profile' && tokens[index - 1]?.text === 'const');
  const brace = name < 0 ? -1 : tokens.findIndex(({ text }, index) => index > name && text === '{');
  return brace < 0 ? undefined : brace + 1;
}

/** The index of a key among the fields of the object whose first token is at `start`. */
function findKey(tokens: readonly Token[], start: number, name: string): number | undefined {
  let depth = 0;
  for (let index = start; index < tokens.length && depth >= 0; index++) {
    const text = tokens[index]?.text ?? '';
    if (depth === 0 && unquoted(text) === name && tokens[index + 1]?.text === ':') {
      return index;
    }
    depth += nesting(text);
  }
  return undefined;
}

function unquoted(text: string): string {
  return text.replace(/^(['"])(.*)\1$/, '$2');
}

function nesting(text: string): number {
  return Number(OPEN.includes(text)) - Number(CLOSE.includes(text));
}

function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
