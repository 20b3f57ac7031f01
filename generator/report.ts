// Problems as a person reads them: the place, the field and the code on one line, then what is wrong, then what to write instead.
import type { Problem } from './errors.ts';

export type Colours = Readonly<Record<'bold' | 'dim' | 'red' | 'yellow', (text: string) => string>>;

const ONE_LINE = 100;

export function formatProblems(problems: readonly Problem[], colours: Colours): string {
  return problems.map((problem) => `${formatProblem(problem, colours)}\n`).join('');
}

function formatProblem({ file, line, column, path, code, message, fix, severity }: Problem, colours: Colours): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  const paint = severity === 'error' ? colours.red : colours.yellow;
  // Codes of rules are worth a place in a search engine; those of the schema say nothing new.
  const label = /^[A-Z]/.test(code) ? `[${code}]` : '';
  const head = [colours.bold(place), path, label, severity === 'warning' ? colours.yellow('warning') : ''].filter((part) => part !== '').join('  ');
  const what = /[.?!]$/.test(message) ? message : `${message}.`;
  const gap = what.length + fix.length < ONE_LINE ? ' ' : '\n  ';
  return `${head}\n  ${paint(what)}${fix === '' ? '' : `${gap}${fix}`}`;
}

/** `2 errors, 1 warning` */
export function countProblems(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  return `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
