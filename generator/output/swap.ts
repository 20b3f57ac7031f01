import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Tree } from './tree.ts';

/**
 * Replaces whole environments at once. New trees are written beside the old ones and synced; then a mark is made, and from there on the
 * change is only renames. Without the mark a dead run is forgotten, with it the next run finishes the renames, so no environment is
 * ever a mixture and a crash decides for all of them alike.
 */
export function replaceTrees(directory: string, trees: readonly Tree[]): void {
  const stage = stageIn(directory);
  try {
    for (const tree of trees) writeTree(join(stage.fresh, tree.environment), tree);
    mkdirSync(stage.old);
    sync(stage.fresh);
    writeFile(stage.mark, '', 0o644);
    sync(stage.root);
    sync(directory);
    swapAll(directory, stage);
  } catch (error) {
    if (!holdsOldTrees(stage)) discard(stage);
    throw error;
  }
  discard(stage);
}

/** Finishes or forgets what a run left that was killed. */
export function recover(directory: string): void {
  const stage = stageIn(directory);
  if (existsSync(stage.mark) && existsSync(stage.fresh)) swapAll(directory, stage);
  discard(stage);
}

type Stage = { readonly root: string; readonly fresh: string; readonly old: string; readonly mark: string };

function stageIn(directory: string): Stage {
  const root = join(directory, '.lifeboat-staging');
  return { root, fresh: join(root, 'new'), old: join(root, 'old'), mark: join(root, 'complete') };
}

/** A rename that failed and could not be taken back: what it moved stays where the next run finds it. */
function holdsOldTrees({ old }: Stage): boolean {
  return existsSync(old) && readdirSync(old).length > 0;
}

function discard({ root }: Stage): void {
  rmSync(root, { recursive: true, force: true });
}

/** All environments or none: what was renamed before one failed is renamed back. */
function swapAll(directory: string, stage: Stage): void {
  const undo: (() => void)[] = [];
  const move = (from: string, to: string): void => {
    renameSync(from, to);
    undo.unshift(() => {
      renameSync(to, from);
    });
  };
  try {
    for (const environment of readdirSync(stage.fresh).sort()) {
      const live = join(directory, environment);
      if (existsSync(live)) move(live, join(stage.old, environment));
      move(join(stage.fresh, environment), live);
    }
  } catch (error) {
    for (const step of undo) step();
    throw error;
  }
  sync(directory);
}

function writeTree(root: string, { files }: Tree): void {
  const folders = new Set<string>();
  for (const { path, text, mode } of files) {
    const file = join(root, path);
    for (let folder = dirname(file); folder.length >= root.length && !folders.has(folder); folder = dirname(folder)) folders.add(folder);
    mkdirSync(dirname(file), { recursive: true });
    writeFile(file, text, mode);
  }
  for (const folder of folders) {
    chmodSync(folder, 0o755);
    sync(folder);
  }
}

/** The mode is set after the file is made, so that the user's umask has no say in it. */
function writeFile(file: string, text: string, mode: number): void {
  writeFileSync(file, text, { flag: 'wx', flush: true });
  chmodSync(file, mode);
}

function sync(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
