import { spawn } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { capture } from '../../support/tools/command.ts';
import type { World } from './world.ts';

/** Looks, again and again while scripts run, where a secret must not be: in the arguments of processes and in files that others may read. */
export class SecretWatch {
  readonly argumentsWithSecret: string[] = [];
  readonly filesWithSecretOpenToOthers: string[] = [];
  /** Programs that got a secret in their environment. */
  readonly programsWithSecret = new Set<string>();
  readonly #processes = new Set<string>();
  readonly #files = new Set<string>();
  #watching = false;
  #loop: Promise<unknown> = Promise.resolve();

  constructor(readonly world: Pick<World, 'root' | 'temporary'>, readonly secrets: readonly string[]) {}

  get processesSeen(): number { return this.#processes.size; }
  get filesSeen(): number { return this.#files.size; }

  async during(work: () => Promise<unknown>): Promise<void> {
    this.#watching = true;
    this.#loop = Promise.all([this.#watchProcesses(), this.#watchFiles()]);
    await work().finally(() => this.stop());
  }

  /** Gives secrets away to a process that lives until it has been noticed, or for half a minute: what `during` must not miss. */
  async giveAway(asArgument: string, asVariable = ''): Promise<void> {
    const end = Date.now() + 30_000;
    const noticed = (): boolean => this.argumentsWithSecret.length > 0 && (asVariable === '' || this.programsWithSecret.size > 0);
    await this.during(async () => {
      const child = spawn('sh', ['-c', 'read -r line', asArgument], { env: { TMPDIR: this.world.temporary, SECRET: asVariable }, stdio: ['pipe', 'ignore', 'ignore'] });
      while (!noticed() && Date.now() < end) await sleep(10);
      child.stdin.end();
    });
  }

  async stop(): Promise<void> {
    this.#watching = false;
    await this.#loop;
  }

  /** Files below the root that hold a secret now. */
  async filesBelowRoot(): Promise<string[]> {
    const patterns = this.secrets.flatMap((secret) => ['-e', secret]);
    const escaped = this.secrets.map((secret) => secret.replaceAll('\\', '\\\\').replaceAll('"', '\\"')).flatMap((secret) => ['-e', secret]);
    // The programs of the sandbox keep it in their own way: data directories are compared elsewhere.
    const found = await capture('grep', ['-rlaF', '--exclude-dir=.lifeboat-undo-*', ...patterns, ...escaped, '--', this.world.root]);
    return found.stdout.split('\n').filter((path) => path !== '' && !path.startsWith(join(this.world.root, 'var/lib'))).sort();
  }

  #holdsSecret(text: string): boolean {
    return this.secrets.some((secret) => text.includes(secret));
  }

  async #watchProcesses(): Promise<void> {
    while (this.#watching) {
      const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      for (const pid of pids) {
        await this.#lookAtEnvironment(pid);
        const text = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
        if (this.#processes.has(text)) continue;
        this.#processes.add(text);
        if (this.#holdsSecret(text)) this.argumentsWithSecret.push(text);
      }
      await sleep(3);
    }
  }

  async #lookAtEnvironment(pid: string): Promise<void> {
    if (!(await this.#environmentHoldsSecret(pid))) return;
    const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
    // It may have become another program between the two looks, or have ended.
    if (name !== '' && (await this.#environmentHoldsSecret(pid))) this.programsWithSecret.add(name);
  }

  /** Those of the test and of the servers hold what the test gave them, and do not count. */
  async #environmentHoldsSecret(pid: string): Promise<boolean> {
    const text = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    return text.includes(this.world.temporary) && this.#holdsSecret(text);
  }

  async #watchFiles(): Promise<void> {
    while (this.#watching) {
      const names = await readdir(this.world.temporary, { recursive: true }).catch(() => []);
      for (const name of names) await this.#lookAt(join(this.world.temporary, name));
      await sleep(20);
    }
  }

  async #lookAt(path: string): Promise<void> {
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile() !== true || info.size > 1_000_000) return;
    this.#files.add(path);
    const open = (info.mode & 0o077) !== 0;
    if (open && this.#holdsSecret(await readFile(path, 'utf8').catch(() => ''))) this.filesWithSecretOpenToOthers.push(path);
  }
}
