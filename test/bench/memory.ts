import { readdirSync, readFileSync } from 'node:fs';

const pageSize = 4096;
const interval = 40;

/** Follows the memory of every process of a session: the largest sum of their resident sets that was seen. */
export function watchMemory(session: number): { stop: () => number } {
  let peak = 0;
  const look = (): void => { peak = Math.max(peak, residentBytes(session)); };
  look();
  const timer = setInterval(look, interval);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}

function residentBytes(session: number): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && sessionOf(name) === session)
    .reduce((sum, name) => sum + pageSize * Number(read(`/proc/${name}/statm`).split(' ')[1] ?? 0), 0);
}

/** The sixth field; the second, the name of the program, may hold blanks and brackets. */
const sessionOf = (pid: string): number => Number(read(`/proc/${pid}/stat`).replace(/^.*\) /s, '').split(' ')[3] ?? 0);

/** A process may be gone before it is looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
