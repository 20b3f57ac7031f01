import { assemble } from './assemble.ts';
import { files, pathOf, type FileDescriptor } from './files.ts';
import { lint } from './lint.ts';
import { partsOf, withList } from './parts.ts';
import type { RenderedFile } from './rendered-file.ts';
import { TemplateError } from './template-error.ts';
import type { TemplateSet } from './templates.ts';
import type { View } from '../plan/view.ts';

/** Every file of one environment, in memory. Templates are checked first: what the linter refuses is never rendered. */
export function render(view: View, templates: TemplateSet, wanted: readonly FileDescriptor[] = files): RenderedFile[] {
  const findings = lint(templates, view);
  if (findings.length > 0) throw new TemplateError(findings);
  const filled = wanted
    .filter(({ when }) => when?.(view) ?? true)
    .map((file) => ({ path: pathOf(file, view), mode: file.mode, text: assemble(templates, file.template, view) }));
  const scripts = filled.filter(({ path }) => path.endsWith('.sh'));
  return [...filled.filter((file) => !scripts.includes(file)), ...withList([...scripts, ...partsOf(scripts, templates)])];
}
