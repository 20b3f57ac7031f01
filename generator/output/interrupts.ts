import { setTimeout } from 'node:timers/promises';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs a short piece of work that a signal must not cut in half. One that arrives meanwhile takes effect right after. */
export async function uninterrupted<T>(work: () => T): Promise<T> {
  let received: NodeJS.Signals | undefined;
  const remember = (signal: NodeJS.Signals): void => {
    received ??= signal;
  };
  for (const signal of signals) process.on(signal, remember);
  try {
    return work();
  } finally {
    await setTimeout(10); // a few turns of the event loop: it delivers what came during the work
    for (const signal of signals) process.off(signal, remember);
    if (received) process.kill(process.pid, received);
  }
}
