// Reading a profile with all that it extends: whatever a file on disk can be, without a look at its fields.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Problem } from '../errors.ts';
import { isRecord } from '../profile/define.ts';
import { displayPath, EXTENSIONS } from './find.ts';
import { readModule } from './read-module.ts';
import { readText } from './read-text.ts';
import { locateIn, type Source } from './source.ts';

type Sources = { readonly sources: readonly Source[]; readonly problems: readonly Problem[] };

/** The file and all that it extends, the most specific first; `seen` are those that it is extended by. */
export async function readSources(absolute: string, cwd: string, seen: readonly string[] = []): Promise<Sources> {
  const { source, problems } = await readSource(absolute, cwd);
  const base: unknown = isRecord(source.data) ? source.data['extends'] : undefined;
  if (problems.length > 0 || base === undefined) {
    return { sources: [source], problems };
  }
  const refusal = refuseExtends(base, absolute, seen);
  if (refusal !== undefined || typeof base !== 'string') {
    const place = locateIn([source], ['extends']);
    return { sources: [source], problems: [{ ...place, path: 'extends', code: 'extends', severity: 'error', message: refusal ?? '', fix: EXTENDS_FIX }] };
  }
  const next = resolve(dirname(absolute), base);
  const rest = await readSources(next, cwd, [...seen, absolute]);
  return { sources: [source, ...rest.sources], problems: rest.problems };
}

const EXTENDS_FIX = 'Write the path of another profile, such as "./production.yaml".';

function refuseExtends(base: unknown, absolute: string, seen: readonly string[]): string | undefined {
  if (typeof base !== 'string' || !EXTENSIONS.some((extension) => base.endsWith(extension))) {
    return `must be the path of a profile (got ${JSON.stringify(base)})`;
  }
  const next = resolve(dirname(absolute), base);
  return [...seen, absolute].includes(next) ? `extends itself through ${JSON.stringify(base)}` : undefined;
}

async function readSource(absolute: string, cwd: string): Promise<{ source: Source; problems: readonly Problem[] }> {
  const file = displayPath(absolute, cwd);
  try {
    return refuseCycle(absolute.endsWith('.ts') ? await readModule(file, absolute) : readText(file, readFileSync(absolute)));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!['ENOENT', 'EACCES', 'EISDIR', 'EPERM'].includes(code)) {
      throw error;
    }
    const problem: Problem = {
      file,
      path: '',
      code: 'file',
      message: code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`,
      fix: 'Check that the file exists and that you may read it.',
      severity: 'error',
    };
    return { source: { file, data: undefined, locate: () => undefined }, problems: [problem] };
  }
}

// Aliases and programs can make data that contains itself; nothing after this point would come to an end.
function refuseCycle(read: { source: Source; problems: readonly Problem[] }): typeof read {
  const { file, data } = read.source;
  const problem: Problem = { file, path: '', code: 'type', message: 'contains itself', fix: 'Write the fields out where they are used.', severity: 'error' };
  return isDeeperThan(data, 100) ? { source: { ...read.source, data: undefined }, problems: [problem] } : read;
}

function isDeeperThan(data: unknown, levels: number): boolean {
  return typeof data === 'object' && data !== null && (levels === 0 || Object.values(data).some((value) => isDeeperThan(value, levels - 1)));
}
