/** A file as it is to be written. */
export type RenderedFile = { readonly path: string; readonly mode: 0o755 | 0o644; readonly text: string };
