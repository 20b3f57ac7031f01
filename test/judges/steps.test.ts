import { describe, expect, it } from 'vitest';
import { lineOf, literal, ofType, parse } from './bash-tree.ts';
import { emittedScripts } from './subjects.ts';

/**
 * `run_step` starts a subshell, where globals die. So each function that it runs bears a mark, a line `# A step: what it leaves.` in the
 * comment above, and nothing else calls it but another step, or what only steps call.
 */
type Steps = { readonly marked: readonly string[]; readonly run: readonly string[]; readonly called: readonly string[] };

async function stepsOf(text: string): Promise<Steps> {
  const tree = await parse(text);
  const lines = text.split('\n');
  const isMarked = (line: number): boolean => {
    const above = lines[line - 1] ?? '';
    return above.startsWith('#') && (above.startsWith('# A step: ') || isMarked(line - 1));
  };
  const functions = ofType(tree, 'FuncDecl').map((node) => ({ node, name: node.Name?.Value ?? '', marked: isMarked(lineOf(node) - 1) }));
  const marked = new Set(functions.filter((one) => one.marked).map(({ name }) => name));
  const run = ofType(tree, 'CallExpr').map((call) => (call.Args ?? []).map(literal)).filter(([command]) => command === 'run_step').map(([, name = '']) => name);
  const calls = functions.map(({ node, name }) => ({
    name,
    words: ofType(node, 'CallExpr').flatMap((call) => {
      const [command, ...rest] = (call.Args ?? []).map(literal);
      return [command, ...(command === 'run_step' ? rest.slice(1) : rest)];
    }),
  }));
  const callers = (of: string): string[] => calls.filter(({ name, words }) => name !== of && words.includes(of)).map(({ name }) => name);
  const inside = new Set(marked);
  for (let before = -1; before < inside.size;) {
    before = inside.size;
    for (const { name } of calls) {
      const by = callers(name);
      if (by.length > 0 && by.every((one) => inside.has(one))) inside.add(name);
    }
  }
  const called = [...marked].flatMap((step) => callers(step).filter((name) => !inside.has(name)).map((name) => `${name} calls ${step}`));
  return { marked: [...marked].sort(), run: [...new Set(run)].sort(), called };
}

const all = await Promise.all((await emittedScripts()).map(({ text }) => stepsOf(text)));
const everything = (of: (steps: Steps) => readonly string[]): string[] => [...new Set(all.flatMap(of))].sort();

describe('the wall between a step and the run', () => {
  it('is marked above each function that run_step runs, and above no other', () => {
    const run = everything((steps) => steps.run);
    expect(run.length).toBeGreaterThan(15);
    expect(everything((steps) => steps.marked)).toEqual(run);
  });

  it('is passed by run_step alone', () => {
    expect(everything((steps) => steps.called)).toEqual([]);
  });
});

describe('this judge can say no', () => {
  const step = '# A step: leaves nothing.\n# It works.\nwork() {\n  :\n}\n';

  it.each<[string, Steps]>([
    [`${step}main() {\n  run_step work\n}\n`, { marked: ['work'], run: ['work'], called: [] }],
    [`${step.replace('A step', 'No step')}main() {\n  run_step work\n}\n`, { marked: [], run: ['work'], called: [] }],
    [`${step.replace('# It', '\n# It')}main() {\n  run_step work\n}\n`, { marked: [], run: ['work'], called: [] }],
    [`${step}main() {\n  work\n}\n`, { marked: ['work'], run: [], called: ['main calls work'] }],
    [`${step}main() {\n  run_step other work\n}\n`, { marked: ['work'], run: ['other'], called: ['main calls work'] }],
    [`${step}# A step: too.\nmore() {\n  work\n}\n`, { marked: ['more', 'work'], run: [], called: [] }],
    [`${step}# A step: too.\nmore() {\n  within\n}\nwithin() {\n  work\n}\n`, { marked: ['more', 'work'], run: [], called: [] }],
    [`${step}# A step: too.\nmore() {\n  within\n}\nwithin() {\n  work\n}\nmain() {\n  within\n}\n`, { marked: ['more', 'work'], run: [], called: ['within calls work'] }],
  ])('%j', async (text, found) => {
    expect(await stepsOf(text)).toEqual(found);
  });
});
