import { describe, expect, it } from 'vitest';
import { partials } from './subjects.ts';

const pair = /[\w.-]*(?:\$\{\w+\})?[\w.-]+=(?:\$\{\w+\})?[\w.-]+/g;

/** The pairs of command and package that a part asks for before a backup. */
function needed(text: string): string[] {
  return [...text.matchAll(/^ *need_tools ((?:.*\\\n)*.*)$/gm)].flatMap(([, words = '']) => words.match(pair) ?? []);
}

const packageOf = (word: string): string => word.slice(word.indexOf('=') + 1);

const setup = 'infrastructure/deploy/backup-setup/place.sh';
// What a restore starts beyond a backup comes with the servers that it restores.
const ofServers = /restore\.sh$|\/install\.sh$/;

describe('what a backup asks for', () => {
  const parts = partials();
  const known = parts.find(({ name }) => name === setup)?.text.replaceAll(':-}', '}').match(pair) ?? [];
  const asked = parts.filter(({ name }) => name.startsWith('infrastructure/backup/') && !ofServers.test(name)).flatMap(({ name, text }) => needed(text).map((word) => ({ name, word })));

  it('is what backup-setup.sh installs', () => {
    const packages = new Set(known.map(packageOf));
    expect(asked.length).toBeGreaterThan(15);
    expect(asked.filter(({ word }) => !packages.has(packageOf(word)))).toEqual([]);
  });

  it('is found in lines that go on, too', () => {
    expect(needed('  need_tools tar=tar "${KIND}-cli=${KIND}-tools" \\\n    df=coreutils\n')).toEqual(['tar=tar', '${KIND}-cli=${KIND}-tools', 'df=coreutils']);
  });
});
