// Finds the first place where a text stops being JSON. JSON.parse reports no position for most mistakes and repeats the text around them,
// which may hold a secret; its wording also changes with the version of Node.

type Mistake = { readonly offset: number; readonly expected: string; readonly fix: string };

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y; // eslint-disable-line no-control-regex -- JSON forbids them
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

// Far more than a profile needs, and far less than the stack holds.
const DEEPEST = 100;

class Stop extends Error {
  constructor(readonly mistake: Mistake) {
    super(mistake.expected);
  }
}

export function findJsonMistake(text: string): Mistake | undefined {
  try {
    const end = skip(text, readValue(text, skip(text, 0), 0));
    return end < text.length ? { offset: end, expected: 'expected the end of the file', fix: 'Remove what follows the last bracket.' } : undefined;
  } catch (error) {
    if (error instanceof Stop) {
      return error.mistake;
    }
    throw error;
  }
}

function readValue(text: string, offset: number, depth: number): number {
  switch (text[offset]) {
    case '{':
      return readItems(text, offset, depth + 1, '}', readPair);
    case '[':
      return readItems(text, offset, depth + 1, ']', readValue);
    default:
      return match(STRING, text, offset) ?? match(SCALAR, text, offset) ?? stop(offset, 'expected a value', 'Put texts into double quotes; numbers, true, false and null stand without.');
  }
}

function readPair(text: string, offset: number, depth: number): number {
  const colon = skip(text, match(STRING, text, offset) ?? stop(offset, 'expected a key in double quotes', 'Put the key into double quotes, and no comma after the last field.'));
  return text[colon] === ':' ? readValue(text, skip(text, colon + 1), depth) : stop(colon, 'expected ":" after the key', 'Write ":" between a key and its value.');
}

function readItems(text: string, start: number, depth: number, close: string, readItem: typeof readValue): number {
  let offset = depth > DEEPEST ? stop(start, `expected at most ${DEEPEST} levels`, 'Remove brackets: a profile needs few.') : skip(text, start + 1);
  if (text[offset] === close) {
    return offset + 1;
  }
  for (;;) {
    offset = skip(text, readItem(text, offset, depth));
    if (text[offset] === close) {
      return offset + 1;
    }
    offset = text[offset] === ',' ? skip(text, offset + 1) : stop(offset, `expected "," or "${close}"`, 'Separate what follows by a comma; JSON takes no comments.');
  }
}

function skip(text: string, offset: number): number {
  return match(SPACE, text, offset) ?? offset;
}

function match(pattern: RegExp, text: string, offset: number): number | undefined {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function stop(offset: number, expected: string, fix: string): never {
  throw new Stop({ offset, expected, fix });
}
