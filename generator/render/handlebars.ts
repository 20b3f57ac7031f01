import Handlebars from 'handlebars';
import { code, comment, cron, cronTime, sh, unit, unitLine } from './quoting.ts';

/** The helpers that print a value. */
export const printers = { sh, comment, code, cron, cronTime, unit, unitLine } as const;

/** Handlebars, isolated and narrowed to what a template may use: the printers, `#if`, `#each` and partials. */
const engine = Handlebars.create();
for (const name of ['unless', 'with', 'lookup', 'log']) engine.unregisterHelper(name);
for (const [name, print] of Object.entries(printers)) engine.registerHelper(name, (value: unknown) => print(value));

/** Prints a partial. What it returns is put in as it is. */
export type PartialPrinter = () => string;

export function renderText(text: string, view: object, partials: Readonly<Record<string, PartialPrinter>>): string {
  const template = engine.compile(text, {
    noEscape: true, // the helpers quote; HTML entities would break what they quoted
    strict: true,
    knownHelpersOnly: true,
    knownHelpers: { ...Object.fromEntries(Object.keys(printers).map((name) => [name, true])), unless: false, with: false, lookup: false, log: false },
    preventIndent: true, // an indented partial would indent the end of a heredoc
  });
  return template(view, { partials: { ...partials } });
}

/** The syntax tree with white space as written, for the linter. */
export function parseText(text: string): hbs.AST.Program {
  return engine.parseWithoutProcessing(text);
}
