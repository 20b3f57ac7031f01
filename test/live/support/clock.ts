import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { programPath } from '../../support/servers/service.ts';
import { exists } from '../../support/tools/cache.ts';
import { ensureTools } from '../../support/tools/ensure.ts';

/** The environment in which scripts have another time, such as `-40d` or `+3h`. rclone and age keep the real one, as every program written in Go; so do files. */
export async function atTime(offset: string): Promise<Record<string, string>> {
  await ensureTools(['faketime']);
  await removeLeftovers();
  const wrapper = await readFile(await programPath('faketime'), 'utf8');
  const program = /^# target: (.*)$/m.exec(wrapper)?.[1] ?? '';
  const libraries = join(program, '../../lib');
  const found = (await readdir(libraries, { recursive: true })).find((name) => name.endsWith('faketime/libfaketime.so.1'));
  if (found === undefined) throw new Error(`no libfaketime.so.1 below ${libraries}`);
  return { LD_PRELOAD: join(libraries, found), FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' };
}

/** What libfaketime leaves in shared memory bears the number of its process, and stops the next process that gets this number. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir('/dev/shm')) {
    const owner = /^(?:sem\.faketime_sem|faketime_shm)_(\d+)$/.exec(name)?.[1];
    if (owner !== undefined && !(await exists(`/proc/${owner}`))) await rm(join('/dev/shm', name), { force: true });
  }
}
