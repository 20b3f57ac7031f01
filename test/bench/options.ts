import { parseArgs } from 'node:util';
import { SIZE_PATTERN, type Size, toBytes } from '../../generator/profile/units.ts';

export type Options = {
  /** Sizes so small that only the program is tried, not the contenders. */
  quick: boolean;
  files: number;
  documents: number;
  memorySizes: readonly number[];
  /** How many tiny files memory is measured with. */
  memoryFiles: readonly number[];
  rounds: number;
  /** Where the results are written. */
  out: string;
  /** Where the work is done: needs about six times the largest size; a new temporary directory when not given. */
  directory: string | undefined;
};

export class UsageError extends Error {}

export const usage = `npm run bench [-- options]

  --quick                 small sizes: shows that the benchmark works, and little else
  --files SIZE            application tree (1GB)
  --documents N           MongoDB data set, about 1 kB each (200000)
  --memory-sizes A,B      trees for which memory is measured (1GB,4GB)
  --memory-files A,B      numbers of tiny files for which it is measured, too (100000,1000000)
  --rounds N              each figure is the median of so many (3)
  --out DIR               where results.md, results.svg and results.json go (docs/bench)
  --directory DIR         where the work is done (a new temporary directory)
`;

const quick = { files: '40MB', documents: '10000', 'memory-sizes': '40MB,160MB', 'memory-files': '1000,10000', rounds: '3' };
const usual = { files: '1GB', documents: '200000', 'memory-sizes': '1GB,4GB', 'memory-files': '100000,1000000', rounds: '3' };

export function parseOptions(args: readonly string[], defaultOut: string): Options {
  const given = read(args);
  const base = given.quick === true ? quick : usual;
  return {
    quick: given.quick === true,
    files: size(given.files ?? base.files),
    documents: count('documents', given.documents ?? base.documents),
    memorySizes: (given['memory-sizes'] ?? base['memory-sizes']).split(',').map(size),
    memoryFiles: (given['memory-files'] ?? base['memory-files']).split(',').map((text) => count('memory-files', text)),
    rounds: count('rounds', given.rounds ?? base.rounds),
    out: given.out ?? defaultOut,
    directory: given.directory,
  };
}

type Given = Partial<Record<'files' | 'documents' | 'memory-sizes' | 'memory-files' | 'rounds' | 'out' | 'directory', string>> & { quick?: boolean };

function read(args: readonly string[]): Given {
  const text = { type: 'string' } as const;
  const options = { quick: { type: 'boolean' }, files: text, documents: text, 'memory-sizes': text, 'memory-files': text, rounds: text, out: text, directory: text } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function size(text: string): number {
  if (!SIZE_PATTERN.test(text)) throw new UsageError(`"${text}" is no size: write 500MB or 1GB`);
  return toBytes(text as Size);
}

function count(name: string, text: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new UsageError(`--${name} must be a whole number above 0, not "${text}"`);
  return Number(text);
}
