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
  /** By partial name: the path without `.hbs`. */
  readonly byName: ReadonlyMap<string, Template>;
};

export function templateSet(files: Readonly<Record<string, string>>): TemplateSet {
  const byPath = new Map<string, Template>();
  const byName = new Map<string, Template>();
  for (const path of Object.keys(files).sort()) {
    const template = { path, text: files[path] ?? '', tagged: path.endsWith('.hbs') };
    const name = path.replace(/\.hbs$/, '');
    const twin = byName.get(name);
    if (twin) throw new TemplateError([{ path, line: 1, message: `has the same name as ${twin.path}: ${name}` }]);
    byPath.set(path, template);
    byName.set(name, template);
  }
  return { byPath, byName };
}
