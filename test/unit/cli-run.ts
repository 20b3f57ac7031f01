import { vi } from 'vitest';
import { run } from '../../generator/cli/main.ts';

export type Outcome = { readonly code: number; readonly out: string; readonly err: string };

/** Runs one command line in a directory, as bin/lifeboat.mjs does, and keeps what it prints. */
export async function lifeboat(cwd: string, ...args: readonly string[]): Promise<Outcome> {
  const printed = { out: '', err: '' };
  const spies = [
    vi.spyOn(process, 'cwd').mockReturnValue(cwd),
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((printed.out += String(text)))),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((printed.err += String(text)))),
    vi.spyOn(console, 'log').mockImplementation((text: unknown) => (printed.out += `${String(text)}\n`)),
  ];
  try {
    return { code: await run(args), ...printed };
  } finally {
    process.exitCode = 0;
    spies.forEach((spy) => {
      spy.mockRestore();
    });
  }
}
