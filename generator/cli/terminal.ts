// The only place that writes to the terminal. Colour is for terminals; NO_COLOR and FORCE_COLOR decide where they are set.
import pc from 'picocolors';
import type { Colours } from '../report.ts';

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function printError(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

export function coloursFor(stream: NodeJS.WriteStream): Colours {
  const { NO_COLOR: never = '', FORCE_COLOR: always = '', TERM: terminal } = process.env;
  const asked = always !== '' && always !== '0';
  return pc.createColors(never === '' && (asked || (stream.isTTY && terminal !== 'dumb')));
}
