import { ask } from './programs.ts';

type Position = { readonly Line: number };

/** A node of the syntax tree that `shfmt --to-json` prints; only what the judges look at. */
export type Node = {
  readonly Type?: string;
  readonly Pos?: Position;
  readonly End?: Position;
  readonly Op?: string;
  readonly Negated?: boolean;
  readonly Name?: { readonly Value: string };
  readonly Value?: string;
  readonly Hash?: Position;
  readonly Args?: readonly Node[];
  readonly Parts?: readonly Node[];
  readonly Hdoc?: Node;
  readonly Cond?: readonly Node[];
  readonly X?: Node;
};

export async function parse(text: string): Promise<Node> {
  const { status, stdout, stderr } = await ask('shfmt', ['--language-dialect=bash', '--to-json'], text);
  if (status !== 0) throw new Error(`the script does not parse: ${stderr}`);
  return JSON.parse(stdout) as Node;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A node's direct children with the name of the field that holds them. */
export function children(node: Node): [field: string, child: Node][] {
  return Object.entries(node).flatMap(([field, value]: [string, unknown]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value]).filter(isNode).map((child): [string, Node] => [field, child]),
  );
}

const known = new WeakMap<Node, readonly Node[]>();

/** A node and all below it. Kept, as every judge asks for those of the same few trees. */
export function descendants(tree: Node): readonly Node[] {
  const all = known.get(tree) ?? collect(tree, []);
  known.set(tree, all);
  return all;
}

function collect(node: Node, into: Node[]): Node[] {
  into.push(node);
  for (const [, child] of children(node)) collect(child, into);
  return into;
}

export const ofType = (tree: Node, type: string): Node[] => descendants(tree).filter((node) => node.Type === type);
export const lineOf = (node: Node): number => node.Pos?.Line ?? 0;
const span = (node: Node): number => (node.End?.Line ?? 0) - lineOf(node);

/** A word that is the same whenever it is read: without an expansion. Undefined for the others. */
export function literal(word: Node | undefined): string | undefined {
  const parts = word?.Parts?.flatMap((part) => (part.Type === 'DblQuoted' ? (part.Parts ?? []) : [part])) ?? [];
  return parts.every((part) => part.Type === 'Lit' || part.Type === 'SglQuoted') ? parts.map((part) => part.Value ?? '').join('') : undefined;
}

/** Lines that are text for another program or reader: here documents, and what follows the first line of a quoted string. */
export function embeddedLines(tree: Node): Set<number> {
  const lines = new Set<number>();
  for (const node of descendants(tree)) {
    const text = node.Hdoc ?? (node.Type === 'SglQuoted' ? node : undefined);
    if (text === undefined) continue;
    // The text of a here document begins on a line of its own and ends before its closing word.
    const from = node.Hdoc ? lineOf(text) : lineOf(text) + 1;
    for (let line = from; line <= lineOf(text) + span(text); line += 1) lines.add(line);
  }
  return lines;
}

export const commentLines = (tree: Node): Set<number> => new Set(descendants(tree).filter((node) => node.Hash !== undefined).map(lineOf));
