import { describe, expect, it } from 'vitest';
import { assemble } from '../../../generator/render/assemble.ts';
import { templateSet } from '../../../generator/render/templates.ts';
import { plainView } from './view-fixture.ts';

const withFeatures = (features: Partial<typeof plainView.features>) => ({ ...plainView, features: { ...plainView.features, ...features } });

describe('assemble', () => {
  const templates = templateSet({
    'backup/root.sh.hbs': '#!/usr/bin/env bash\n# {{comment app.name}}\n{{> backup/settings}}\n{{#if features.redis}}\n{{> backup/redis}}\n{{/if}}\n{{> lib/messages}}\n\nmain\n',
    'backup/settings.sh.hbs': "readonly NAME={{sh app.name}}\nreadonly -a EXCLUDES=(\n{{#each app.excludes}}\n  {{sh this}}\n{{/each}}\n)\n",
    'backup/redis.sh': '# needs: lib/guards lib/messages\n## why this is here, for authors only\nredis() {\n  docker ps --format "{{.ID}}"\n}\n',
    'lib/guards.sh': '# needs: lib/messages\n\n\nguard() { :; }\n\n\n\n',
    'lib/messages.sh': '# shellcheck shell=bash\ninfo() { :; }\n',
  });

  it('prints each partial once, after what it needs, with one blank line between', () => {
    expect(assemble(templates, 'backup/root.sh.hbs', plainView)).toBe(
      [
        '#!/usr/bin/env bash\n# shop\n',
        "readonly NAME='shop'\nreadonly -a EXCLUDES=(\n  'srv/shop/node_modules'\n  'srv/shop/*.log'\n)\n",
        'info() { :; }\n',
        'guard() { :; }\n',
        'redis() {\n  docker ps --format "{{.ID}}"\n}\n',
        'main\n',
      ].join('\n'),
    );
  });

  it('leaves out what only a disabled feature needs', () => {
    const text = assemble(templates, 'backup/root.sh.hbs', withFeatures({ redis: false }));
    expect(text).not.toMatch(/redis|guard/);
    expect(text).toContain('info() { :; }');
  });

  it('names a circle of needs', () => {
    const circle = templateSet({ 'root.sh.hbs': '{{> a}}\n', 'a.sh': '# needs: b\n', 'b.sh': '# needs: a\n' });
    expect(() => assemble(circle, 'root.sh.hbs', plainView)).toThrow('templates/b.sh:1: needs itself: a -> b -> a');
  });

  it('names a needed partial that does not exist', () => {
    const missing = templateSet({ 'root.sh.hbs': '{{> a}}\n', 'a.sh': '# needs: lib/gone\n' });
    expect(() => assemble(missing, 'root.sh.hbs', plainView)).toThrow('templates/a.sh:1: needs a partial that does not exist: lib/gone');
  });

  it('names a root that does not exist', () => {
    expect(() => assemble(templates, 'gone.sh.hbs', plainView)).toThrow('templates/gone.sh.hbs:1: does not exist');
  });
});

describe('templateSet', () => {
  it('refuses "# needs:" further down, where it would be printed', () => {
    expect(() => templateSet({ 'a.sh': 'info() { :; }\n# needs: b\n' })).toThrow('templates/a.sh:2: "# needs:" belongs in the first lines of the file');
  });

  it('refuses two files of one partial name', () => {
    expect(() => templateSet({ 'a.sh': '', 'a.sh.hbs': '' })).toThrow('templates/a.sh.hbs:1: has the same partial name as a.sh: a');
  });

  it('keeps headings of a document, which look like author comments', () => {
    expect(templateSet({ 'a.md.hbs': '## Restore\n' }).byPath.get('a.md.hbs')?.text).toBe('## Restore\n');
  });
});
