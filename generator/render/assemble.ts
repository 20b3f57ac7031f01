import { renderText, type PartialPrinter } from './handlebars.ts';
import { TemplateError } from './template-error.ts';
import type { Template, TemplateSet } from './templates.ts';
import type { View } from '../plan/view.ts';

/** One file from its template, with the partials that it calls. */
export function assemble(templates: TemplateSet, root: string, view: View): string {
  const open: string[] = [];
  const printers: Record<string, PartialPrinter> = {};

  const body = (template: Template): string => (template.tagged ? renderText(template.text, view, printers) : template.text);
  for (const [name, template] of templates.byName) {
    printers[name] = () => {
      if (open.includes(name)) throw new TemplateError([{ path: template.path, line: 1, message: `calls itself: ${[...open, name].join(' -> ')}` }]);
      open.push(name);
      const text = body(template);
      open.pop();
      return text;
    };
  }
  const template = templates.byPath.get(root);
  if (!template) throw new TemplateError([{ path: root, line: 1, message: 'does not exist' }]);
  return tidy(body(template));
}

/** One blank line where there were several, none at the top, one line end at the bottom; an empty list on one line. */
function tidy(text: string): string {
  return `${text.replace(/\n{3,}/g, '\n\n').replace(/=\(\n\)/g, '=()').trim()}\n`;
}
