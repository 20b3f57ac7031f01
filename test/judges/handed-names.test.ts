import { describe, expect, it } from 'vitest';
import { children, literal, type Node, ofType, parse } from './bash-tree.ts';
import { emittedScripts } from './subjects.ts';

/**
 * A function that fills a variable which its caller names fills its own, or refers to itself, where it has a local of that name. ShellCheck
 * does not see that, and the caller goes on with an empty word.
 */
type Shape = { readonly name: string; readonly locals: ReadonlySet<string>; readonly calls: readonly (readonly Node[])[]; readonly fills: Set<number> };
type Expansion = Node & { readonly Param?: { readonly Value: string } };
type Declaration = Node & { readonly Variant?: { readonly Value: string } };

/** "$1" is 1, "${into}" is into. */
function expanded(word: Node | undefined): string | undefined {
  const parts = word?.Parts?.flatMap((part) => (part.Type === 'DblQuoted' ? (part.Parts ?? []) : [part])) ?? [];
  return parts.length === 1 ? (parts[0] as Expansion).Param?.Value : undefined;
}

function shapeOf(declaration: Node): Shape {
  const clauses = (ofType(declaration, 'DeclClause') as Declaration[]).filter((clause) => clause.Variant?.Value === 'local');
  const assigned = clauses.flatMap((clause) => {
    const words = clause.Args ?? [];
    const refers = words.some((word) => word.Name === undefined && children(word).some(([, value]) => literal(value) === '-n'));
    return words.filter((word) => word.Name !== undefined).map((word) => ({ name: word.Name?.Value ?? '', refers, to: expanded(children(word).find(([field]) => field === 'Value')?.[1]) }));
  });
  const calls = ofType(declaration, 'CallExpr').map((call) => call.Args ?? []);
  const printed = calls.filter(([command, option]) => literal(command) === 'printf' && literal(option) === '-v').map(([, , name]) => expanded(name));
  const passedOn = assigned.filter(({ name }) => printed.includes(name)).map(({ to }) => to);
  const fills = [...assigned.filter(({ refers }) => refers).map(({ to }) => to), ...printed, ...passedOn].filter((word) => word !== undefined && /^[1-9]$/.test(word));
  return { name: declaration.Name?.Value ?? '', locals: new Set(assigned.map(({ name }) => name)), calls, fills: new Set(fills.map(Number)) };
}

/** What a call hands to a function that fills it, and that function. */
function* handed(shape: Shape, shapes: ReadonlyMap<string, Shape>): Generator<{ readonly word: Node | undefined; readonly to: Shape; readonly place: number }> {
  for (const call of shape.calls) {
    const to = shapes.get(literal(call[0]) ?? '');
    if (to !== undefined) for (const place of to.fills) yield { word: call[place], to, place };
  }
}

/** Also through functions that hand the name on. */
function taken(name: string, to: Shape, place: number, shapes: ReadonlyMap<string, Shape>, seen: readonly string[] = []): string[] {
  if (seen.includes(to.name)) return [];
  const further = [...handed(to, shapes)].filter(({ word }) => expanded(word) === String(place));
  return [...(to.locals.has(name) ? [`${to.name} has a local ${name}`] : []), ...further.flatMap((next) => taken(name, next.to, next.place, shapes, [...seen, to.name]))];
}

async function collisions(text: string): Promise<string[]> {
  const shapes = new Map(ofType(await parse(text), 'FuncDecl').map(shapeOf).map((shape) => [shape.name, shape]));
  for (let before = -1, now = 0; before < now;) {
    before = now;
    for (const shape of shapes.values())
      for (const { word } of handed(shape, shapes)) if (/^[1-9]$/.test(expanded(word) ?? '')) shape.fills.add(Number(expanded(word)));
    now = [...shapes.values()].reduce((sum, { fills }) => sum + fills.size, 0);
  }
  return [...shapes.values()].flatMap((shape) =>
    [...handed(shape, shapes)].flatMap(({ word, to, place }) => {
      const name = literal(word);
      return name === undefined ? [] : taken(name, to, place, shapes).map((what) => `${shape.name} hands over ${name}, and ${what}`);
    }),
  );
}

describe('a name that is handed over', () => {
  it('is no local of whoever fills it', async () => {
    const found = await Promise.all((await emittedScripts()).map(({ text }) => collisions(text)));
    expect([...new Set(found.flat())]).toEqual([]);
  });
});

describe('this judge can say no', () => {
  const main = 'main() {\n  local bytes\n  measure bytes here\n}\n';

  it.each<[string, string[]]>([
    ['measure() {\n  local size\n  printf -v "$1" 1\n}\n', []],
    ['measure() {\n  local size bytes=0\n  printf -v "$1" 1\n}\n', ['main hands over bytes, and measure has a local bytes']],
    ['measure() {\n  local -n bytes="$1"\n  bytes=1\n}\n', ['main hands over bytes, and measure has a local bytes']],
    ['measure() {\n  local into="$1" bytes\n  printf -v "${into}" 1\n}\n', ['main hands over bytes, and measure has a local bytes']],
    ['measure() {\n  local -a bytes=()\n  ask "$1"\n}\nask() {\n  printf -v "$1" 1\n}\n', ['main hands over bytes, and measure has a local bytes']],
    ['measure() {\n  ask "$2" "$1"\n}\nask() {\n  local bytes\n  printf -v "$2" 1\n}\n', ['main hands over bytes, and ask has a local bytes']],
    ['measure() {\n  ask "$2" "$1"\n}\nask() {\n  local bytes\n  printf -v "$1" 1\n}\n', []],
  ])('%j', async (text, found) => {
    expect(await collisions(`${text}${main}`)).toEqual(found);
  });
});
