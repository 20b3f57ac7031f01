import { describe, expect, it } from 'vitest';
import { catalogue } from '../support/tools/catalogue.ts';
import { ask } from './programs.ts';

describe('the judges', () => {
  it.each(catalogue.filter(({ pinned }) => pinned === true))('$name is the one whose findings we know', async ({ name, versionArguments, minimum }) => {
    const { stdout, stderr } = await ask(name, versionArguments);
    expect(/\d+(?:\.\d+)+/.exec(stdout + stderr)?.[0]).toBe(minimum);
  });

  it('that cannot be started fail, they are not passed over', async () => {
    await expect(ask('no-such-judge', [])).rejects.toThrow('ENOENT');
  });
});
