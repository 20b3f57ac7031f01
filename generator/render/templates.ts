import { TemplateError } from './template-error.ts';

/** One file under templates/. The extension tells the truth: `.hbs` has tags, anything else is taken as it is. */
export type Template = {
  /** Path below templates/, as in `infrastructure/settings.sh.hbs`. */
  readonly path: string;
  readonly text: string;
  readonly tagged: boolean;
};

export type TemplateSet = {
  readonly byPath: ReadonlyMap<string, Template>;
  /** What can be called as a partial, by its path without `.hbs` and `.sh`. */
  readonly byName: ReadonlyMap<string, Template>;
};

export function templateSet(files: Readonly<Record<string, string>>): TemplateSet {
  const byPath = new Map<string, Template>();
  const byName = new Map<string, Template>();
  for (const path of Object.keys(files).sort()) {
    const template = { path, text: files[path] ?? '', tagged: path.endsWith('.hbs') };
    byPath.set(path, template);
    if (!template.tagged) continue;
    const name = path.replace(/(\.sh)?\.hbs$/, '');
    const twin = byName.get(name);
    if (twin) throw new TemplateError([{ path, line: 1, message: `has the same partial name as ${twin.path}: ${name}` }]);
    byName.set(name, template);
  }
  return { byPath, byName };
}
