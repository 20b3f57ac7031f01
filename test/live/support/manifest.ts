import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from './world.ts';

export type Stored = { file: string; bytes: number; rawBytes: number; sha256: string; members?: number; details: Record<string, unknown> };
export type Manifest = { id: string; type: string; started: string; ended: string; warnings: string[]; components: Record<string, Stored> };

export async function setsOf({ paths }: Pick<World, 'paths'>): Promise<string[]> {
  return (await readdir(paths.backups)).filter((name) => /^\d{8}_\d{6}$/.test(name)).sort();
}

export async function setDirectory(world: Pick<World, 'paths'>, set?: string): Promise<string> {
  const name = set ?? (await setsOf(world)).at(-1);
  if (name === undefined) throw new Error(`there is no set in ${world.paths.backups}`);
  return join(world.paths.backups, name);
}

/** The manifest of a set; of the newest when none is named. */
export async function manifestOf(world: Pick<World, 'paths'>, set?: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(await setDirectory(world, set), 'manifest.json'), 'utf8')) as Manifest;
}

/** Heads tell of a change before anything else does: without them the check behind them is what is tried. */
export async function forgetHeads({ paths }: Pick<World, 'paths'>): Promise<void> {
  for (const name of ['head.json', '.state/heads']) await rm(join(paths.backups, name), { recursive: true, force: true });
}
