import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from './world.ts';

export type Interruption = {
  script: 'backup.sh' | 'restore.sh';
  signal: 'KILL' | 'TERM' | 'INT' | 'HUP';
  /** The beginning of a command as it is written in the script; the signal comes just before it. */
  at: string;
  /** Only while this component is at work. */
  component?: string;
};

/** Bash reads this file before it runs a script: it sends the script a signal when it comes to the given command. */
const trap = `
interrupt_at() {
  [[ \${0##*/} == "\${INTERRUPT_SCRIPT}" && $1 == "\${INTERRUPT_AT}"* ]] || return 0
  [[ -z \${INTERRUPT_COMPONENT} || \${component:-} == "\${INTERRUPT_COMPONENT}" ]] || return 0
  [[ ! -e \${INTERRUPT_SEEN} ]] || return 0
  : >"\${INTERRUPT_SEEN}"
  kill -s "\${INTERRUPT_SIGNAL}" $$
}
set -T
trap 'interrupt_at "\${BASH_COMMAND}"' DEBUG
`;

let count = 0;

/** The environment in which the script is interrupted, once. `seen` exists afterwards if it came to that command. */
export async function interrupted(world: Pick<World, 'root'>, { script, signal, at, component = '' }: Interruption): Promise<{ env: Record<string, string>; seen: string }> {
  count += 1;
  const file = join(world.root, 'interruption.bash');
  const seen = join(world.root, `interruption-${count}`);
  await writeFile(file, trap);
  const env = { BASH_ENV: file, INTERRUPT_SCRIPT: script, INTERRUPT_SIGNAL: signal, INTERRUPT_AT: at, INTERRUPT_COMPONENT: component, INTERRUPT_SEEN: seen };
  return { env, seen };
}
