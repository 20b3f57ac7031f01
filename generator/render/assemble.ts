import { renderText, type PartialPrinter } from './handlebars.ts';
import { TemplateError } from './template-error.ts';
import type { Template, TemplateSet } from './templates.ts';
import type { View } from '../plan/view.ts';

/**
 * One file from its root template. A partial is printed where it is first called or first needed, after what it needs itself, and only
 * once: calling it again prints nothing. So a root can list what a reader expects to see, and never has to know what that rests on.
 */
export function assemble(templates: TemplateSet, root: string, view: View): string {
  const printed = new Set<string>();
  const open: string[] = [];
  const printers: Record<string, PartialPrinter> = {};

  const body = (template: Template): string => (template.tagged ? renderText(template.text, view, printers) : template.text);
  const print = (name: string): string => {
    if (open.includes(name)) throw broken(templates, open.at(-1) ?? name, `needs itself: ${[...open, name].join(' -> ')}`);
    if (printed.has(name)) return '';
    const template = templates.byName.get(name);
    if (!template) throw broken(templates, open.at(-1) ?? root, `needs a partial that does not exist: ${name}`);
    open.push(name);
    const before = template.needs.map(print).join('');
    printed.add(name);
    const text = `\n${body(template)}\n`;
    open.pop();
    return before + text;
  };
  for (const name of templates.byName.keys()) printers[name] = () => print(name);

  const template = templates.byPath.get(root);
  if (!template) throw new TemplateError([{ path: root, line: 1, message: 'does not exist' }]);
  return tidy(template.needs.map(print).join('') + body(template));
}

/** One blank line where there were several, none at the top, one line end at the bottom; an empty list on one line. */
function tidy(text: string): string {
  return `${text.replace(/\n{3,}/g, '\n\n').replace(/=\(\n\)/g, '=()').trim()}\n`;
}

function broken(templates: TemplateSet, where: string, message: string): TemplateError {
  return new TemplateError([{ path: templates.byName.get(where)?.path ?? where, line: 1, message }]);
}
