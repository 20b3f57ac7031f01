import { join } from 'node:path';
import { compile } from '../../../generator/cli/compile.ts';
import { validProfiles } from '../../../generator/cli/profiles.ts';
import { writeTrees } from '../../../generator/output/write.ts';

/** What `lifeboat generate` does, without a process of its own each of the hundreds of times. Answers the folder of the environment. */
export async function generate(profileFile: string, out: string): Promise<string> {
  const { loaded } = await validProfiles([profileFile], '/', false);
  const [written] = await writeTrees(out, compile(loaded).map(({ tree }) => tree));
  if (written === undefined) throw new Error(`${profileFile} is no profile`);
  return join(out, written.tree.environment);
}
