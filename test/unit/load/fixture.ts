import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Problem } from '../../../generator/errors.ts';
import { loadProfiles } from '../../../generator/load/load.ts';

/** A project directory with the given files; paths are relative to it. */
export function project(files: Readonly<Record<string, string>>): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'lifeboat-unit-')));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

/** All problems of one profile, as `place path: message | fix`. */
export async function problemsIn(file: string, content: string, others: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { problems } = await loadProfiles([file], project({ [file]: content, ...others }));
  return problems.map(oneLine);
}

export function oneLine({ file, line, column, path, message, fix }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 0}`;
  return `${place} ${path}: ${message} | ${fix}`;
}

export const MINIMAL = 'name: test\napp:\n  name: shop\n  domain: shop.example.com\n';
