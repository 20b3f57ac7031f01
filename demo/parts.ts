import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export type Parts = Map<string, number>;

const subjects: readonly [RegExp, string][] = [
  [/^(mongodb\b|(stopping|starting) mongodb)/i, 'MongoDB'],
  [/^(redis\b|(stopping|starting) redis)/i, 'Redis'],
  [/^(app\b|application\b|(stopping|starting) the application)/i, 'application'],
  [/^(config\b|configuration\b|testing the nginx|reloading nginx)/i, 'configuration'],
  [/^(ssl\b|certificates\b)/i, 'certificates'],
];

/** Follows the log of a running script: shows its lines, and adds up how long each part of the work took. */
export async function followLog(file: string, running: { done: boolean }, show: (line: string) => void): Promise<Parts> {
  const parts: Parts = new Map();
  let offset = await sizeOf(file);
  let current = 'checks';
  let since = performance.now();
  let rest = '';
  const credit = (): void => {
    const now = performance.now();
    parts.set(current, (parts.get(current) ?? 0) + (now - since) / 1000);
    since = now;
  };
  for (;;) {
    const last = running.done;
    const text = await readFrom(file, offset);
    offset += Buffer.byteLength(text);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      credit();
      current = subjectOf(line) ?? current;
      show(line);
    }
    if (last) break;
    await sleep(40);
  }
  credit();
  return parts;
}

/** A line of level INFO says what is begun. */
function subjectOf(line: string): string | undefined {
  const text = /^\S+ INFO +(.*)$/.exec(line)?.[1] ?? '';
  return subjects.find(([pattern]) => pattern.test(text))?.[1];
}

async function sizeOf(file: string): Promise<number> {
  return open(file).then(async (handle) => { const { size } = await handle.stat(); await handle.close(); return size; }, () => 0);
}

async function readFrom(file: string, offset: number): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return '';
  const { size } = await handle.stat();
  const buffer = Buffer.alloc(Math.max(0, size - offset));
  await handle.read(buffer, 0, buffer.length, offset);
  await handle.close();
  return buffer.toString();
}
