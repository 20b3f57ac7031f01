import { afterAll, describe, expect, it } from 'vitest';
import { commentShare, forbiddenCommands, functionsInConditions, functionSizes, median } from './bash-shape.ts';
import { type Node, parse } from './bash-tree.ts';
import { ask } from './programs.ts';
import { emittedScripts, partials } from './subjects.ts';

const most = 25;
/** Functions that may have up to 40 lines, and why each is better whole. */
const allowedLonger: Readonly<Record<string, string>> = {
  parse_args: 'one arm for each option',
  swap_back_within: 'one arm for each way of swapping in, each the reverse of the other',
  prune: 'what is decided, told and removed stands together',
  take_backup: 'the order of a backup, one call a line',
};

const scripts = await Promise.all((await emittedScripts()).map(async (script) => ({ ...script, tree: await parse(script.text) })));
const unformatted = async (text: string): Promise<string> => (await ask('shfmt', ['--language-dialect=bash', '--indent=2', '--case-indent', '--binary-next-line', '--diff', '-'], text)).stdout;
const syntaxErrors = async (text: string): Promise<string> => (await ask('bash', ['--norc', '-n'], text)).stderr;
const tooLong = (text: string, tree: Node): string[] =>
  functionSizes(text, tree)
    .filter(({ name, lines }) => lines > (name in allowedLonger ? 40 : most))
    .map(({ name, lines }) => `${name} has ${lines} lines`);

const figures: string[] = [];
afterAll(() => {
  process.stdout.write(`${figures.join('\n')}\n`);
});

describe.each(scripts)('$name', ({ name, text, tree }) => {
  it('is Bash that parses', async () => {
    expect(await syntaxErrors(text)).toBe('');
  });

  it('is formatted as shfmt formats it', async () => {
    expect(await unformatted(text)).toBe('');
  });

  it('runs no text as code, reads no code from elsewhere, and traces nothing', () => {
    expect(forbiddenCommands(tree)).toEqual([]);
  });

  it('names no function where a condition would switch off its errors', () => {
    expect(functionsInConditions(tree)).toEqual([]);
  });

  it(`has functions of at most ${most} lines`, () => {
    expect(tooLong(text, tree)).toEqual([]);
  });

  it('has a comment on 8 to 20 of 100 lines', () => {
    const [sizes, share] = [functionSizes(text, tree).map(({ lines }) => lines), commentShare(text, tree) * 100];
    figures.push(`${name.padEnd(32)} ${text.split('\n').length - 1} lines, functions: median ${median(sizes)}, longest ${Math.max(...sizes)}; comments ${share.toFixed(1)} %`);
    expect(share).toBeGreaterThanOrEqual(8);
    expect(share).toBeLessThanOrEqual(20);
  });
});

describe.each(partials())('the part $name', ({ text }) => {
  it('is Bash that parses, formatted as shfmt formats it', async () => {
    expect([await syntaxErrors(text), await unformatted(text)]).toEqual(['', '']);
  });
});

it('every function that may be longer exists, and is', () => {
  const sizes = scripts.flatMap(({ text, tree }) => functionSizes(text, tree));
  expect(Object.keys(allowedLonger).filter((name) => !sizes.some((size) => size.name === name && size.lines > most))).toEqual([]);
});

describe('these judges can say no', () => {
  it('what is not Bash, or Bash in disorder', async () => {
    expect(await syntaxErrors('f() {\n}\n')).toContain('syntax error');
    expect(await unformatted('if true\nthen\n    :\nfi\n')).toContain('-    :');
  });

  it.each(['eval "${x}"', 'source ./x', '. ./x', 'set -x', 'set -eux', 'set -e -o xtrace', "bash -c 'true'", 'f() { if true; then "eval" x; fi; }'])('the command %s', async (command) => {
    expect(forbiddenCommands(await parse(`${command}\n`))).toHaveLength(1);
  });

  it.each(['set -Eeuo pipefail', "printf '%s' 'eval x'", '# eval x'])('but not %s', async (command) => {
    expect(forbiddenCommands(await parse(`${command}\n`))).toEqual([]);
  });

  it.each(['if step; then :; fi', 'if run step; then :; fi', 'step || :', '! step', 'while run "step"; do :; done', 'if :; then step && :; fi', 'until :; step; do :; done', 'if [[ "$(step)" == x ]]; then :; fi'])(
    'the function in the condition of %s',
    async (text) => {
      expect(functionsInConditions(await parse(`step() { :; }\n${text}\n`))).toHaveLength(1);
    },
  );

  it.each(['if :; then step; fi', 'while :; do step; done', ': && step', 'run step', 'if :; then other() { step; }; fi'])('but not the one in %s', async (text) => {
    expect(functionsInConditions(await parse(`step() { :; }\n${text}\n`))).toEqual([]);
  });

  it.each([
    ['as many lines as allowed', '  :\n'.repeat(most), []],
    ['one more', '  :\n'.repeat(most + 1), [`big has ${most + 1} lines`]],
    ['comments and text for others beside', `  # why\n\n${'  :\n'.repeat(most - 1)}  cat <<'E'\n${'text\n'.repeat(50)}E\n`, []],
    ['a program for jq inside', `${'  :\n'.repeat(most - 1)}  jq '\n${'text\n'.repeat(50)}'\n`, []],
  ])('a function with %s', async (_, body, verdict) => {
    const text = `big() { # <x>\n${body}}\n`;
    expect(tooLong(text, await parse(text))).toEqual(verdict);
  });

  it('a script without comments, counting neither strings nor text for others', async () => {
    const text = "#!/usr/bin/env bash\n# why\nprintf '# %s\n# not a comment\n' x\n: # because\n\n:\n:\n";
    expect(commentShare(text, await parse(text))).toBeCloseTo(3 / 6);
  });
});
