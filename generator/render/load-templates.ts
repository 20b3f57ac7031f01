import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { templateSet, type TemplateSet } from './templates.ts';

const shippedTemplates = fileURLToPath(new URL('../../templates', import.meta.url));

/** Reads every file below a folder of templates; the only place of this stage that touches the disk. */
export function loadTemplates(directory: string = shippedTemplates): TemplateSet {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(sh|js|jq|hbs)$/.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    files[relative(directory, file).split(sep).join('/')] = readFileSync(file, 'utf8');
  }
  return templateSet(files);
}
