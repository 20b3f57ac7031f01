import { profileHash } from '../facts/profile-hash.ts';
import type { Loaded } from '../load/load.ts';
import { treeOf, type Tree } from '../output/tree.ts';
import { buildView } from '../plan/build-view.ts';
import type { View } from '../plan/view.ts';
import { loadTemplates } from '../render/load-templates.ts';
import { render } from '../render/render.ts';
import { lifeboatVersion } from './version.ts';

/** One environment, from its profile to its files in memory. */
export type Compiled = { readonly loaded: Loaded; readonly tree: Tree };

export function viewOf({ profile, file, gpgKeys }: Loaded): View {
  return buildView(profile, { profile: profileLabel(file), version: lifeboatVersion(), gpgKeys });
}

export function compile(profiles: readonly Loaded[]): Compiled[] {
  const templates = loadTemplates();
  return profiles.map((loaded) => ({ loaded, tree: treeOf(loaded.environment, render(viewOf(loaded), templates), originOf(loaded)) }));
}

/** From what the files of an environment were made. */
function originOf({ profile }: Loaded): string[] {
  return [`lifeboat ${lifeboatVersion()}`, `profile ${profileHash(profile)}`];
}

/** How scripts name their profile: the same from every working directory. */
function profileLabel(file: string): string {
  return /(?:^|\/)(infrastructure\/profiles\/.+)$/.exec(file)?.[1] ?? file.replace(/^.*\//, '');
}
