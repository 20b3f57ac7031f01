// TypeScript profiles are programs: they are run, and what they export as `profile` is the data.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import type { Problem } from '../errors.ts';
import { isRecord } from '../profile/define.ts';
import { locateInModule } from './locate-module.ts';
import type { Source } from './source.ts';

const library = join(dirname(fileURLToPath(import.meta.url)), '..', 'index.ts');

/** The name under which a profile is exported. */
const EXPORT_NAME = 'profile';

export async function readModule(file: string, absolute: string): Promise<{ source: Source; problems: readonly Problem[] }> {
  // A profile may live anywhere, so `import ... from 'lifeboat'` must not depend on a node_modules above it.
  const jiti = createJiti(absolute, { alias: { lifeboat: library }, moduleCache: false, interopDefault: false });
  const text = readFileSync(absolute, 'utf8');
  const source = (data: unknown): Source => ({ file, data, locate: (path) => locateInModule(text, path) });
  try {
    const exported: unknown = await jiti.import(absolute);
    const names = isRecord(exported) ? Object.keys(exported) : [];
    const data = isRecord(exported) ? exported[EXPORT_NAME] : undefined;
    return { source: source(data), problems: names.includes(EXPORT_NAME) ? [] : [wrongExport(file, names)] };
  } catch (error) {
    return { source: source(undefined), problems: [notLoaded(file, error)] };
  }
}

function wrongExport(file: string, names: readonly string[]): Problem {
  return {
    file,
    path: '',
    code: 'export',
    message: `does not export "${EXPORT_NAME}" (it exports ${names.length === 0 ? 'nothing' : names.map((name) => `"${name}"`).join(', ')})`,
    fix: `Write: export const ${EXPORT_NAME} = defineProfile({ ... });`,
    severity: 'error',
  };
}

function notLoaded(file: string, error: unknown): Problem {
  const text = error instanceof Error ? error.message : String(error);
  const reason = (text.split('\n')[0] ?? '').replace(/^ParseError:\s*/, '').replace(/[\s.]+$/, '');
  // The parser names the place on a line of its own, with columns that count from zero.
  const [, line, column] = /^ParseError:.*\n .*:(\d+):(\d+)$/s.exec(text) ?? [];
  const problem = { file, path: '', severity: 'error' } as const;
  return line === undefined
    ? { ...problem, code: 'load', message: `could not be run: ${reason}`, fix: 'Correct the program: its imports must exist and it must not throw.' }
    : {
        ...problem,
        line: Number(line),
        column: Number(column) + 1,
        code: 'syntax',
        message: `is not valid TypeScript: ${reason}`,
        fix: 'A comma, a quote or a bracket may be missing here or just before; an editor marks it.',
      };
}
