import { ensureTools, MissingToolsError } from './ensure.ts';

/** `node test/support/install.mjs [names…]`: prints the directory to put first on PATH. */
export async function main(names: readonly string[]): Promise<number> {
  try {
    process.stdout.write(`${await ensureTools(names.length === 0 ? undefined : names)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`tools: ${error instanceof MissingToolsError ? error.message : String(error)}\n`);
    return 1;
  }
}
