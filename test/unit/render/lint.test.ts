import { describe, expect, it } from 'vitest';
import { lint } from '../../../generator/render/lint.ts';
import { render } from '../../../generator/render/render.ts';
import { templateSet } from '../../../generator/render/templates.ts';
import { plainView } from './view-fixture.ts';

const findings = (files: Record<string, string>) => lint(templateSet(files), plainView).map(({ path, line, message }) => `${path}:${line}: ${message}`);
const inSettings = (text: string) => findings({ 'backup/settings.sh.hbs': text, 'lib/messages.hbs': '' });
const inStep = (text: string) => findings({ 'backup/step.sh.hbs': text, 'lib/messages.hbs': '' });

describe('lint', () => {
  it('passes what the house style allows', () => {
    expect(
      findings({
        'backup/root.sh.hbs': '#!/usr/bin/env bash\n# Made from {{comment profile}} for {{comment app.domain}}.\n{{> backup/settings}}\n{{#if features.redis}}\n{{> lib/messages}}\n{{/if}}\n',
        'backup/settings.sh.hbs': 'readonly NAME={{sh app.name}}\nreadonly -a ALL=(\n  {{sh app.root}}\n{{#each app.paths}}\n  {{sh this}}\n{{/each}}\n{{#if features.redis}}\n  {{sh redis.port}}\n{{/if}}\n)\n',
        'lib/messages.hbs': 'info() { :; }\n',
        'lib/docker.sh': `docker() { docker ps --format '{{.ID}}'; }\n`,
      }),
    ).toEqual([]);
  });

  it.each([
    ['{{app.name}}', 'a value is printed by {{sh ...}}, {{comment ...}} or one for its format, not by {{app.name}}'],
    ['readonly X={{{sh app.name}}}', 'a triple brace prints a value unquoted'],
    ['readonly X={{sh app.nmae}}', 'no text or number of this name: app.nmae'],
    ['readonly X={{sh app}}', 'no text or number of this name: app'],
    ['readonly X={{sh features.redis}}', 'no text or number of this name: features.redis'],
    ['readonly X={{sh app.paths}}', 'no text or number of this name: app.paths'],
    ['readonly X={{sh this}}', 'no text or number of this name: this'],
    ['readonly X={{sh ../app.name}}', 'no text or number of this name: ../app.name'],
    ['readonly X={{sh @root.app.name}}', 'no text or number of this name: @root.app.name'],
    ['readonly X={{sh app.constructor}}', 'no text or number of this name: app.constructor'],
    ['readonly X={{sh "text"}}', 'no text or number of this name: text'],
    ['readonly X={{sh app.name app.user}}', 'sh takes exactly one value'],
    ['readonly X={{sh app.name a=app.user}}', 'sh takes exactly one value'],
    ['readonly X={{sh}}', 'sh takes exactly one value'],
    ['readonly X={{print app.name}}', 'a value is printed by {{sh ...}}, {{comment ...}} or one for its format, not by {{print}}'],
    ['echo {{comment app.name}}', 'comment belongs on a line that starts with #'],
    ['#!{{comment app.name}}', 'comment belongs on a line that starts with #'],
    ['{{!-- why --}}', 'CommentStatement is not allowed in a template'],
    ['{{#each app.paths}}\n{{> lib/messages}}\n{{/each}}', 'no partial inside each'],
    ['{{#each app.paths}}\n{{#if features.redis}}\n{{/if}}\n{{/each}}', 'no block inside each'],
    ['{{#each app.name}}\n{{/each}}', 'no list of this name: app.name'],
    ['{{#each app.paths as |p|}}\n{{/each}}', 'each takes exactly one name'],
    ['{{#if features.rediss}}\n{{/if}}', 'if takes a feature of the view, not features.rediss'],
    ['{{#if app.name}}\n{{/if}}', 'if takes a feature of the view, not app.name'],
    ['{{#if features.redis}}\n{{else}}\n{{/if}}', 'no else: a second case is a second feature'],
    ['{{#unless features.redis}}\n{{/unless}}', 'no block but if and each, not unless'],
    ['  {{#if features.redis}}\n  {{/if}}', 'a block opens and closes alone at the start of a line'],
    ['{{#if features.redis}}x{{/if}}', 'a block opens and closes alone at the start of a line'],
    ['{{~#if features.redis}}\n{{/if}}', 'a block opens and closes alone at the start of a line'],
    ['{{> lib/gone}}', 'no partial of this name: lib/gone'],
    ['  {{> lib/messages}}', 'a partial is called alone at the start of a line, as {{> name}}'],
    ['{{> lib/messages app}}', 'a partial takes no parameters'],
    ['{{#> lib/messages}}\n{{/lib/messages}}', 'PartialBlockStatement is not allowed in a template'],
    ['{{#*inline "x"}}\n{{/inline}}', 'DecoratorBlock is not allowed in a template'],
  ])('refuses %s', (text, message) => {
    expect(inSettings(text).some((finding) => finding.endsWith(`: ${message}`))).toBe(true);
  });

  it.each(['readonly X="{{sh app.name}}"', 'readonly X=a{{sh app.name}}', 'readonly X={{sh app.name}}b', 'readonly X=${{sh app.name}}', 'x={{sh app.name}}', 'echo {{sh app.name}}', '  {{sh app.name}}', 'readonly -a X=(\n)\n  {{sh app.name}}', '\t{{sh app.name}}'])('refuses sh that is not a whole word: %s', (text) => {
    expect(inSettings(text)).toEqual([expect.stringMatching(/sh must be all that follows/)]);
  });

  it('refuses sh outside settings.sh', () => {
    expect(inStep('readonly X={{sh app.name}}')).toEqual(['backup/step.sh.hbs:1: sh belongs in settings.sh; everything else uses the setting by its name']);
  });

  it.each(['settings.sh.hbs', 'backup/settings.sh.hbs'])('takes %s for settings', (path) => {
    expect(findings({ [path]: 'readonly X={{sh app.name}}' })).toEqual([]);
  });

  it('refuses tags in plain files, with the line of the file as its author sees it', () => {
    expect(findings({ 'a.sh': '# needs: b\n## note\nx={{sh app.name}}\n', 'b.sh': '' })).toEqual(['a.sh:3: a tag in a plain file is never filled in; name the file .hbs']);
  });

  it('reports a template that does not parse', () => {
    expect(inStep('{{#if features.redis}}\n')).toEqual([expect.stringMatching(/^backup\/step\.sh\.hbs:1: Parse error/)]);
  });

  it('reports every finding at once, before anything is rendered', () => {
    const templates = templateSet({ 'a.sh.hbs': '{{app.name}}\n{{> gone}}\n' });
    expect(() => render(plainView, templates, [])).toThrow(/a\.sh\.hbs:1: [^\n]*\n[^\n]*a\.sh\.hbs:2: no partial of this name: gone/);
  });

  it.each([
    ['{{cronTime schedule.full.cron}} root {{cron schedule.script}} --quiet --full', []],
    ['{{cronTime schedule.full.cron}} {{cron schedule.script}}', [/cronTime starts a line/, /cron is a word/]],
    ['{{cronTime schedule.full.cron}} root "{{cron schedule.script}}"', [/cron is a word/]],
    ['{{cronTime schedule.full.cron}} root x{{cron schedule.script}}', [/cron is a word/]],
    ['PATH={{cron schedule.script}}', [/cron is a word/]],
    ['After={{unit app.name}}', [/unit belongs in a systemd unit/]],
  ])('in a crontab, %s', (text, messages) => {
    expect(findings({ 'schedule/cron.hbs': text })).toEqual(messages.map((message) => expect.stringMatching(message) as string));
  });

  it.each([
    ['ExecStart=:{{unit schedule.script}} --full', []],
    ['ExecStartPre=+:/usr/bin/mkdir -p {{unit files.backupDir}}', []],
    ['ReadWritePaths={{unit files.backupDir}}', []],
    ['Description=Full backup of {{unitLine app.name}}', []],
    ['ExecStart={{unit schedule.script}}', [/unit is a word/]],
    ['ExecStart=:"{{unit schedule.script}}"', [/unit is a word/]],
    ['User={{unit app.user}}', [/unit is a word/]],
    ['PathChanged={{unit app.root}}', [/unit is a word/]],
    ['ExecStart=:{{unitLine schedule.script}}', [/unitLine ends/]],
    ['Description={{unitLine app.name}} backup', [/unitLine ends/]],
    ['{{cronTime schedule.full.cron}} root x', [/cronTime belongs in the crontab/]],
  ])('in a unit, %s', (text, messages) => {
    expect(findings({ 'schedule/full.service.hbs': text })).toEqual(messages.map((message) => expect.stringMatching(message) as string));
  });
});
