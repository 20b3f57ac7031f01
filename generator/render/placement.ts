import type { printers } from './handlebars.ts';

/** Whether a finding applies, and what it says. */
export type Check = readonly [applies: boolean, message: string];

type Place = {
  readonly path: string;
  readonly line: string;
  readonly before: readonly string[];
  /** Columns of the tag in its line. */
  readonly start: number;
  readonly end: number;
};

/** Where a printer's quoting is right, and so where a template may use it. */
export function placementOf(printer: keyof typeof printers, place: Place): readonly Check[] {
  return placements[printer](place);
}

const settingsFile = /(^|\/)settings\.sh\.hbs$/;
const cronFile = /^schedule\/cron\.hbs$/;
const unitFile = /^schedule\/(?!cron\.hbs$)[a-z.-]+\.hbs$/;

const placements: Readonly<Record<keyof typeof printers, (place: Place) => readonly Check[]>> = {
  comment: ({ line }) => [[!/^#(?!!)/.test(line), 'comment belongs on a line that starts with #']],
  code: ({ path }) => [[!path.endsWith('.md.hbs'), 'code belongs in Markdown']],
  sh: (place) => [
    [!settingsFile.test(place.path), 'sh belongs in settings.sh; everything else uses the setting by its name'],
    [!isShellWord(place), 'sh must be all that follows "readonly NAME=", or a line of its own, two spaces in, in "readonly -a NAME=("'],
  ],
  cronTime: (place) => [
    [!cronFile.test(place.path), 'cronTime belongs in the crontab'],
    [place.start !== 0 || !after(place).startsWith(' root '), 'cronTime starts a line and is followed by the user'],
  ],
  cron: (place) => [
    [!cronFile.test(place.path), 'cron belongs in the crontab'],
    [!/^\{\{cronTime [\w.]+\}\} root (|.* )$/.test(textBefore(place)) || !/^( |$)/.test(after(place)), 'cron is a word of its own in the command of a crontab line'],
  ],
  unit: (place) => [
    [!unitFile.test(place.path), 'unit belongs in a systemd unit'],
    [!unitWordStart.test(textBefore(place)) || !/^( |$)/.test(after(place)), 'unit is a word of its own in a setting that takes words, and in a command that has the prefix ":"'],
  ],
  unitLine: (place) => [
    [!unitFile.test(place.path), 'unitLine belongs in a systemd unit'],
    [!/^(Description=([\w ]+ )?|OnCalendar=|PathChanged=)$/.test(textBefore(place)) || after(place) !== '', 'unitLine ends a Description, OnCalendar or PathChanged'],
  ],
};

const unitWordStart = /^(After=|ReadWritePaths=|Exec[A-Z]\w*=\+?:(\S.* )?)$/;
const scalarLine = /^readonly [A-Z][A-Z0-9_]*=\{\{sh [\w.]+\}\}$/;
const elementLine = /^ {2}\{\{sh [\w.]+\}\}$/;
const insideArray = /^( {2}\S.*|\{\{[#/](if|each)\b.*\}\})$/;
const arrayStart = /^readonly -a [A-Z][A-Z0-9_]*=\($/;

function isShellWord({ line, before }: Place): boolean {
  return scalarLine.test(line) || (elementLine.test(line) && arrayStart.test(before.findLast((text) => !insideArray.test(text)) ?? ''));
}

function textBefore({ line, start }: Place): string {
  return line.slice(0, start);
}

function after({ line, end }: Place): string {
  return line.slice(end);
}
