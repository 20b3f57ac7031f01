import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const project = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(project, 'README.md'), 'utf8');
const [, start = ''] = /^## In a repository of your own\n([^]*?)^## /m.exec(readme) ?? [];
const [, steps = ''] = /^## For your own server\n([^]*?)^\*\*4\. /m.exec(readme) ?? [];
const commands = [...(start + steps).matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block = '']) => block.trim().split('\n'));
let clone: string;
let own: string;

// What git holds or will hold, as a clone has it; the packages are those that are installed here.
beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'lifeboat-clone-'));
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: project, encoding: 'utf8' }).split('\0');
  for (const file of files) if (file !== '' && !file.startsWith('test/') && existsSync(join(project, file))) cpSync(join(project, file), join(clone, file));
  symlinkSync(join(project, 'node_modules'), join(clone, 'node_modules'));
  own = mkdtempSync(join(tmpdir(), 'lifeboat-own-'));
});
afterAll(() => { for (const directory of [clone, own]) rmSync(directory, { recursive: true, force: true }); });

const run = (cwd: string, words: readonly string[]) => spawnSync(process.execPath, [join(clone, 'bin/lifeboat.mjs'), ...words], { cwd, encoding: 'utf8' });

describe('README', () => {
  it('has a check that passes in a fresh clone', () => {
    expect(run(clone, ['generate', '--check'])).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
  });

  // The first command is that of test/live/package.test.ts.
  it('takes a stranger from the first command to the scripts, word by word, in a directory of their own', () => {
    expect(commands[0]).toMatch(/^npm install --save-dev git\+https:\/\//);
    const ours = commands.slice(1);
    expect(ours.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual(['npx lifeboat init', 'npx lifeboat validate', 'npx lifeboat explain', 'npx lifeboat generate']);
    let said = '';
    for (const line of ours) {
      const { status, stdout, stderr } = run(own, line.split(' ').slice(2));
      expect([line, status, status === 0 ? '' : stdout + stderr]).toEqual([line, 0, '']);
      // Each command names the one that follows it.
      if (line.includes(' validate ') || line.includes(' generate ')) expect(said.split('\n')).toContainEqual(expect.stringContaining(`Next: ${line}`));
      said = line.includes(' validate ') ? said : stdout;
    }
    const [, copied = ''] = /^rsync (?:-\S+ )+(\S+) /m.exec(readme) ?? [];
    expect(existsSync(join(own, copied, 'infrastructure/backup/backup.sh'))).toBe(true);
  });

  it('and to a page that answers the questions at 3 am soon, with the values of that profile', () => {
    const [, tree = ''] = /^rsync (?:-\S+ )+(\S+) /m.exec(readme) ?? [];
    const lines = readFileSync(join(own, tree, 'infrastructure/backup/RECOVERY.md'), 'utf8').split('\n');
    const answers: Readonly<Record<string, string>> = {
      'What does a restore stop?': 'pm2 stop all',
      'How do I undo a restore?': '--undo',
      'Where is the log?': '/var/log/shop/backup.log',
      'What does exit 6 mean?': 'damaged',
      'How do I bring back one collection?': '--collection',
      'What was deleted since yesterday?': '--suspects',
      'This server is gone?': 'On the day itself',
      'Which key do I need?': 'ENCRYPTION_KEY',
      'What is kept how long?': '28 days',
      'What does cron run?': '/usr/local/lib/shop/current/infrastructure/backup/backup.sh',
    };
    for (const [question, answer] of Object.entries(answers)) {
      const at = lines.findIndex((line) => line.startsWith(`**${question}**`));
      expect([question, at >= 0 && at < 70]).toEqual([question, true]);
      expect(lines.slice(at, at + 10).join('\n'), question).toContain(answer);
    }
  });

  it('then has a check that passes for what was generated', () => {
    expect(run(own, ['generate', '--check'])).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
  });
});
