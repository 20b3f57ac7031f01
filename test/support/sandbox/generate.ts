import { userInfo } from 'node:os';
import { join } from 'node:path';
import { compile } from '../../../generator/cli/compile.ts';
import { checkProfiles, isFatal } from '../../../generator/cli/profiles.ts';
import { ProfileError } from '../../../generator/errors.ts';
import { writeTrees } from '../../../generator/output/write.ts';
import { exchangeableProgram } from '../../../generator/rules/own-release.ts';

/** What `lifeboat generate` does, without a process of its own each of the hundreds of times. Answers the folder of the environment. */
export async function generate(profileFile: string, out: string): Promise<string> {
  const { loaded, problems } = await checkProfiles([profileFile], '/');
  // Of somebody's own sandbox in their own home, root runs nothing.
  const ownSandbox = loaded.every(({ profile }) => profile.app.user === userInfo().username);
  const judged = problems.filter(({ code }) => !(ownSandbox && code === exchangeableProgram.code));
  if (isFatal(judged, false)) throw new ProfileError(judged);
  const [written] = await writeTrees(out, compile(loaded).map(({ tree }) => tree));
  if (written === undefined) throw new Error(`${profileFile} is no profile`);
  return join(out, written.tree.environment);
}
