import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { changesOf, type Change } from './changes.ts';
import { uninterrupted } from './interrupts.ts';
import { withLock } from './lock.ts';
import { recover, replaceTrees } from './swap.ts';
import { readTree, type Tree } from './tree.ts';

export type TreeChanges = { readonly tree: Tree; readonly changes: readonly Change[] };

/** What writing the trees would change, without writing anything. */
export function compareTrees(directory: string, trees: readonly Tree[]): TreeChanges[] {
  return trees.map((tree) => {
    const place = join(directory, tree.environment);
    const stat = lstatSync(place, { throwIfNoEntry: false });
    if (stat && !stat.isDirectory()) throw new UserError(`${place} is not a directory`, 'Move it away, or choose another directory with --out');
    return { tree, changes: changesOf(tree, readTree(place)) };
  });
}

/** Writes every tree or none. Files that no earlier run wrote are never replaced or removed: they stop the run. */
export async function writeTrees(directory: string, trees: readonly Tree[]): Promise<TreeChanges[]> {
  try {
    return await uninterrupted(() => {
      mkdirSync(directory, { recursive: true });
      return withLock(join(directory, '.lifeboat.lock'), () => {
        recover(directory);
        const compared = compareTrees(directory, trees);
        refuseForeign(directory, compared);
        const different = compared.filter(({ changes }) => changes.length > 0);
        if (different.length > 0) replaceTrees(directory, different.map(({ tree }) => tree));
        return compared;
      });
    });
  } catch (error) {
    throw asUserError(directory, error);
  }
}

function refuseForeign(directory: string, compared: readonly TreeChanges[]): void {
  const foreign = compared.flatMap(({ tree, changes }) =>
    changes.filter((change) => change.foreign).map(({ path }) => join(directory, tree.environment, path)),
  );
  if (foreign.length === 0) return;
  throw new UserError(
    `these files were not written by lifeboat and would be lost; nothing was written:\n${foreign.map((file) => `  ${file}`).join('\n')}`,
    'Move them away, or choose another directory with --out',
  );
}

/** A full disk or a missing permission is the user's to cure. */
function asUserError(directory: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  const fix = 'Make the directory writable, or choose another one with --out';
  return new UserError(`cannot write to ${directory}: ${message}; nothing was changed`, fix);
}
