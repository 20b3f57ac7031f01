import { children, commentLines, embeddedLines, lineOf, literal, type Node, ofType } from './bash-tree.ts';

const at = (node: Node, text: string): string => `line ${lineOf(node)}: ${text}`;

/** Words that run text as code, code from elsewhere, or that print every command with the secrets in it. */
export function forbiddenCommands(tree: Node): string[] {
  return ofType(tree, 'CallExpr').flatMap((call) => {
    const [command = '', ...rest] = (call.Args ?? []).map((word) => literal(word) ?? '');
    if (['eval', 'source', '.'].includes(command)) return [at(call, command)];
    const traces = command === 'set' && rest.some((word, index) => /^-[a-zA-Z]*x/.test(word) || (word === 'xtrace' && rest[index - 1] === '-o'));
    const reads = ['bash', 'sh'].includes(command) && rest.includes('-c');
    return traces || reads ? [at(call, [command, ...rest].join(' '))] : [];
  });
}

/**
 * Functions that are named where a condition is: there `set -e` is off for all that they do. ShellCheck sees a function that is called
 * by its name (SC2310, SC2311); this sees also one that is handed to another, as in `if run_step dump`.
 */
export function functionsInConditions(tree: Node): string[] {
  const names = new Set(ofType(tree, 'FuncDecl').map((declaration) => declaration.Name?.Value));
  const found: string[] = [];
  const visit = (node: Node, condition: boolean): void => {
    if (condition && node.Type === 'CallExpr') {
      const named = (node.Args ?? []).map(literal).filter((word) => names.has(word));
      found.push(...named.map((name) => at(node, name ?? '')));
    }
    for (const [field, child] of children(node)) visit(child, node.Type !== 'FuncDecl' && (condition || isCondition(node, field)));
  };
  visit(tree, false);
  return found;
}

function isCondition(node: Node, field: string): boolean {
  if (node.Negated === true) return true;
  if (node.Type === 'IfClause' || node.Type === 'WhileClause') return field === 'Cond';
  return node.Type === 'BinaryCmd' && (node.Op === '&&' || node.Op === '||') && field === 'X';
}

export type Size = { readonly name: string; readonly lines: number };

/** Lines between the braces that hold Bash: not blank, not a comment, not text for another program. */
export function functionSizes(text: string, tree: Node): Size[] {
  const lines = text.split('\n');
  const embedded = embeddedLines(tree);
  const counts = (line: number): boolean => !embedded.has(line) && !/^\s*(#|$)/.test(lines[line - 1] ?? '');
  return ofType(tree, 'FuncDecl').map((declaration) => {
    const [first, last] = [lineOf(declaration) + 1, (declaration.End?.Line ?? 0) - 1];
    const body = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
    // A function on one line has one.
    return { name: declaration.Name?.Value ?? '', lines: Math.max(1, body.filter(counts).length) };
  });
}

/** Lines that carry a comment, of those that are Bash and not blank. */
export function commentShare(text: string, tree: Node): number {
  const embedded = embeddedLines(tree);
  const lines = text.split('\n').filter((line, index) => line.trim() !== '' && !embedded.has(index + 1)).length;
  return commentLines(tree).size / lines;
}

export function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;
}
