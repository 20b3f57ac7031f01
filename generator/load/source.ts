// A profile may be spread over files that extend one another. Each file is a source: its raw data, and where in its text a field stands.
import type { Located } from '../errors.ts';
import type { FieldPath } from '../profile/field-path.ts';

export type Position = { readonly line: number; readonly column: number };

/** The deepest part of a path that a file holds; `depth` is the number of steps that were found. */
export type Place = Position & { readonly depth: number };

export type Source = {
  /** As it is printed: relative to the working directory. */
  readonly file: string;
  readonly data: unknown;
  readonly locate: (path: FieldPath) => Place | undefined;
  /** The schema that a comment for editors names, where the file has one. */
  readonly schema?: string | undefined;
};

/** The place of a field in the most specific file that has it, or of the nearest field around it. */
export function locateIn(sources: readonly [Source, ...Source[]], path: FieldPath): Located {
  let best: Located = { file: sources[0].file };
  let depth = 0;
  for (const source of sources) {
    const place = source.locate(path);
    if (place !== undefined && place.depth > depth) {
      best = { file: source.file, line: place.line, column: place.column };
      depth = place.depth;
    }
  }
  return best;
}
