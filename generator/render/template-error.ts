export type TemplateFinding = { readonly path: string; readonly line: number; readonly message: string };

/** The templates ship with the generator, so a finding in one is our mistake and never the user's. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(readonly findings: readonly TemplateFinding[]) {
    super(findings.map(({ path, line, message }) => `templates/${path}:${line}: ${message}`).join('\n'));
  }
}
