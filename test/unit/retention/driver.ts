import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

/** In seconds. */
export type Settings = { readonly full: number; readonly incremental: number; readonly database: number; readonly config: number; readonly longestPause: number };
export type Decision = { readonly id: string; readonly retention: { readonly keep: boolean; readonly reason: string; readonly until: number | null; readonly open: boolean } };
export type Answer = { readonly doubt: string; readonly trouble: string; readonly decisions: readonly Decision[] };
export type Driver = { readonly call: (action: 'prune_sets' | 'decide_retention', now: number, settings: Settings) => Promise<Answer>; readonly stop: () => void };

/** One Bash with the shipped retention in it, for a directory of sets. */
export function startRetention(directory: string): Driver {
  const child = spawn('bash', [fileURLToPath(new URL('driver.sh', import.meta.url)), directory], { stdio: ['pipe', 'pipe', 'pipe'] });
  let told = '';
  child.stderr.on('data', (data: Buffer) => (told += data.toString()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  const call: Driver['call'] = async (action, now, { full, incremental, database, config, longestPause }) => {
    child.stdin.write(`${[now, full, incremental, database, config, longestPause, action].join(' ')}\n`);
    const answer: string[] = [];
    for (let line = await lines.next(); line.value !== '.'; line = await lines.next()) {
      if (line.done === true) throw new Error(`the retention ended: ${told}`);
      answer.push(line.value);
    }
    const [doubt = '', trouble = '', ...decisions] = answer;
    return { doubt, trouble, decisions: decisions.map((line) => JSON.parse(line) as Decision) };
  };
  return { call, stop: () => child.stdin.end() };
}
