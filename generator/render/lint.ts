import { parseText, printers } from './handlebars.ts';
import { placementOf, type Check } from './placement.ts';
import type { TemplateFinding } from './template-error.ts';
import type { Template, TemplateSet } from './templates.ts';
import type { View } from '../plan/view.ts';

/**
 * What a template may hold, checked on its syntax tree: each printer where its quoting is right (`placement.ts`), `#if features.x`, `#each list`, and partials that exist; blocks and partials alone at the start of their line. Every path is one
 * that the view has: Handlebars itself passes over a missing name in `#if` and in a helper's argument.
 */
export function lint(templates: TemplateSet, view: View): TemplateFinding[] {
  return [...templates.byPath.values()].flatMap((template) => (template.tagged ? lintTagged(template, templates, view) : lintPlain(template)));
}

type Scope = { readonly inEach: boolean };
type Context = {
  readonly template: Template;
  readonly lines: readonly string[];
  readonly templates: TemplateSet;
  readonly view: View;
  readonly report: (node: hbs.AST.Node, message: string) => void;
};
const strayTag = new RegExp(String.raw`\{\{\{?~?((${Object.keys(printers).join('|')}) |#|>|\/)`);

function lintPlain({ path, text }: Template): TemplateFinding[] {
  const message = 'a tag in a plain file is never filled in; name the file .hbs';
  return text.split('\n').flatMap((line, index) => (strayTag.test(line) ? [{ path, line: index + 1, message }] : []));
}

function lintTagged(template: Template, templates: TemplateSet, view: View): TemplateFinding[] {
  const findings: TemplateFinding[] = [];
  const report: Context['report'] = (node, message) => findings.push({ path: template.path, line: node.loc.start.line, message });
  try {
    const program = parseText(template.text);
    lintBody(program.body, { inEach: false }, { template, lines: template.text.split('\n'), templates, view, report });
  } catch (error) {
    findings.push({ path: template.path, line: 1, message: error instanceof Error ? error.message : String(error) });
  }
  return findings;
}

function lintBody(body: readonly hbs.AST.Statement[], scope: Scope, context: Context): void {
  for (const node of body) {
    for (const [applies, message] of checksOf(node, scope, context)) if (applies) context.report(node, message);
    if (isBlock(node)) lintBody(node.program.body, { inEach: scope.inEach || originalOf(node.path) === 'each' }, context);
  }
}

function checksOf(node: hbs.AST.Statement, scope: Scope, context: Context): readonly Check[] {
  if (node.type === 'ContentStatement') return [];
  if (node.type === 'MustacheStatement') return valueChecks(node as hbs.AST.MustacheStatement, scope, context);
  if (node.type === 'PartialStatement') return partialChecks(node as hbs.AST.PartialStatement, scope, context);
  if (isBlock(node)) return blockChecks(node, scope, context);
  return [[true, `${node.type} is not allowed in a template`]];
}

function valueChecks(node: hbs.AST.MustacheStatement, scope: Scope, context: Context): readonly Check[] {
  const helper = originalOf(node.path);
  const name = soleArgument(node);
  const line = lineOf(node, context);
  if (!isPrinter(helper)) return [[true, `a value is printed by {{sh ...}}, {{comment ...}} or one for its format, not by {{${helper}}}`]];
  if (!name) return [[true, `${helper} takes exactly one value`]];
  const before = context.lines.slice(0, node.loc.start.line - 1);
  const { path } = context.template;
  return [
    [line.startsWith('{{{', node.loc.start.column), 'a triple brace prints a value unquoted'],
    [!isValue(name, scope, context.view), `no text or number of this name: ${originalOf(name)}`],
    ...placementOf(helper, { path, line, before, start: node.loc.start.column, end: node.loc.end.column }),
  ];
}

function isPrinter(name: string): name is keyof typeof printers {
  return Object.hasOwn(printers, name);
}

function blockChecks(node: hbs.AST.BlockStatement, scope: Scope, context: Context): readonly Check[] {
  const kind = originalOf(node.path);
  const name = soleArgument(node);
  const close = context.lines[node.loc.end.line - 1] ?? '';
  if (kind !== 'if' && kind !== 'each') return [[true, `no block but if and each, not ${kind}`]];
  if (!name || (node.program.blockParams as string[] | undefined) !== undefined) return [[true, `${kind} takes exactly one name`]];
  return [
    [kind === 'if' && !isFeature(name, context.view), `if takes a feature of the view, not ${originalOf(name)}`],
    [kind === 'each' && !Array.isArray(lookUp(name, context.view)), `no list of this name: ${originalOf(name)}`],
    [(node.inverse as hbs.AST.Program | undefined) !== undefined, 'no else: a second case is a second feature'],
    [scope.inEach, 'no block inside each'],
    [!/^\{\{#\w+ [\w.]+\}\}$/.test(lineOf(node, context)) || !/^\{\{\/\w+\}\}$/.test(close), 'a block opens and closes alone at the start of a line'],
  ];
}

function partialChecks(node: hbs.AST.PartialStatement, scope: Scope, context: Context): readonly Check[] {
  const name = originalOf(node.name);
  return [
    [!context.templates.byName.has(name), `no partial of this name: ${name}`],
    [node.params.length > 0 || hasHash(node), 'a partial takes no parameters'],
    [scope.inEach, 'no partial inside each'],
    [lineOf(node, context) !== `{{> ${name}}}`, 'a partial is called alone at the start of a line, as {{> name}}'],
  ];
}

/** The one argument of a tag; nothing where it has none, several, or named ones. */
function soleArgument(node: hbs.AST.MustacheStatement | hbs.AST.BlockStatement): hbs.AST.Expression | undefined {
  return node.params.length === 1 && !hasHash(node) ? node.params[0] : undefined;
}

function isBlock(node: hbs.AST.Statement): node is hbs.AST.BlockStatement {
  return node.type === 'BlockStatement';
}

function isFeature(subject: hbs.AST.Expression, view: View): boolean {
  return /^features\.\w+$/.test(originalOf(subject)) && typeof lookUp(subject, view) === 'boolean';
}

function isValue(argument: hbs.AST.Expression, scope: Scope, view: View): boolean {
  if (scope.inEach && originalOf(argument) === 'this') return true;
  return ['string', 'number'].includes(typeof lookUp(argument, view));
}

/** Only plain names from the top of the view: no `../`, no `@index`, no `this.x`, and nothing inherited. */
function lookUp(expression: hbs.AST.Expression, view: View): unknown {
  if (!isPath(expression) || expression.data || expression.depth > 0 || expression.original !== expression.parts.join('.')) return undefined;
  return expression.parts.reduce<unknown>((value, part) => (isRecord(value) && Object.hasOwn(value, part) ? value[part] : undefined), view);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isPath(expression: hbs.AST.Expression): expression is hbs.AST.PathExpression {
  return expression.type === 'PathExpression';
}

function originalOf(expression: hbs.AST.Expression): string {
  return 'original' in expression ? String(expression.original) : '';
}

/** The types promise a hash, the parser leaves it out where there is none. */
function hasHash({ hash }: { hash: hbs.AST.Hash | undefined }): boolean {
  return (hash?.pairs.length ?? 0) > 0;
}

function lineOf(node: hbs.AST.Node, { lines }: Context): string {
  return lines[node.loc.start.line - 1] ?? '';
}
