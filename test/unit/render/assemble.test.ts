import { describe, expect, it } from 'vitest';
import { assemble } from '../../../generator/render/assemble.ts';
import { templateSet } from '../../../generator/render/templates.ts';
import { plainView } from './view-fixture.ts';

const withFeatures = (features: Partial<typeof plainView.features>) => ({ ...plainView, features: { ...plainView.features, ...features } });

describe('assemble', () => {
  const templates = templateSet({
    'backup/root.sh.hbs': '#!/usr/bin/env bash\n# {{comment app.name}}\n\n{{> backup/settings}}\n\n\n{{#if features.redis}}\n{{> backup/redis}}\n{{/if}}\n\nmain\n\n',
    'backup/settings.sh.hbs': "readonly NAME={{sh app.name}}\nreadonly -a EXCLUDES=(\n{{#each app.excludes}}\n  {{sh this}}\n{{/each}}\n)\n",
    'backup/redis.hbs': 'redis() { :; }\n',
  });

  it('fills in a template and the partials that it calls, with one blank line where there were more', () => {
    expect(assemble(templates, 'backup/root.sh.hbs', plainView)).toBe(
      "#!/usr/bin/env bash\n# shop\n\nreadonly NAME='shop'\nreadonly -a EXCLUDES=(\n  'srv/shop/node_modules'\n  'srv/shop/*.log'\n)\n\nredis() { :; }\n\nmain\n",
    );
  });

  it('leaves out what belongs to a disabled feature', () => {
    expect(assemble(templates, 'backup/root.sh.hbs', withFeatures({ redis: false }))).not.toContain('redis');
  });

  it('names a circle of partials', () => {
    const circle = templateSet({ 'root.sh.hbs': '{{> a}}\n', 'a.hbs': '{{> b}}\n', 'b.hbs': '{{> a}}\n' });
    expect(() => assemble(circle, 'root.sh.hbs', plainView)).toThrow('templates/a.hbs:1: calls itself: a -> b -> a');
  });

  it('names a root that does not exist', () => {
    expect(() => assemble(templates, 'gone.sh.hbs', plainView)).toThrow('templates/gone.sh.hbs:1: does not exist');
  });
});

describe('templateSet', () => {
  it('refuses two files of one partial name', () => {
    expect(() => templateSet({ 'a.hbs': '', 'a.sh.hbs': '' })).toThrow('templates/a.sh.hbs:1: has the same partial name as a.hbs: a');
  });

  it('takes what has no tags as it stands', () => {
    const part = 'redis() {\n  docker ps --format "{{.ID}}"\n}\n\n\n';
    expect(templateSet({ 'redis.sh': part }).byPath.get('redis.sh')).toEqual({ path: 'redis.sh', text: part, tagged: false });
  });
});
