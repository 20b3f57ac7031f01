// yargs says that a word is unknown; this says which one was meant.
import type { Argv } from 'yargs';
import { UsageError } from '../errors.ts';
import { didYouMean } from '../load/issues.ts';

type Parser = (args: readonly string[]) => Argv;

/** The same error in our words, with the name that was probably meant. */
export async function explainUsage(error: UsageError, args: readonly string[], parser: Parser): Promise<UsageError> {
  if (error.fix !== '') {
    return error;
  }
  const command = args.find((word) => !word.startsWith('-'));
  const commands = namesIn(await parser([]).getHelp(), /^ {2}npx lifeboat (\w+)/gm);
  if (command === undefined || !commands.includes(command)) {
    return unknownCommand(error, command, commands);
  }
  const fix = `Run "npx lifeboat ${command} --help" for its options.`;
  const without = /^Not enough arguments following: (.*)$/.exec(error.message)?.[1];
  if (without !== undefined) {
    return new UsageError(`--${without} needs a value`, fix);
  }
  const option = unknownWords(error).find((name) => args.some((arg) => optionName(arg) === name));
  if (option !== undefined) {
    const guess = didYouMean(option, namesIn(await parser([command]).getHelp(), /--([a-z][a-z-]*)/g));
    return new UsageError(`unknown option "--${option}"`, guess?.replace('"', '"--') ?? fix);
  }
  const [word] = unknownWords(error);
  return new UsageError(word === undefined ? lowerFirst(error.message) : `unknown argument "${word}"`, fix);
}

function unknownWords({ message }: UsageError): string[] {
  return /^Unknown arguments?: (.*)$/.exec(message)?.[1]?.split(', ') ?? [];
}

function optionName(arg: string): string | undefined {
  return /^--?(?:no-)?([^=]+)/.exec(arg)?.[1];
}

function unknownCommand(error: UsageError, command: string | undefined, commands: readonly string[]): UsageError {
  const all = `Commands: ${commands.join(', ')}. Run "npx lifeboat --help" for more.`;
  if (command === undefined) {
    return new UsageError(lowerFirst(error.message), all);
  }
  return new UsageError(`unknown command "${command}"`, didYouMean(command, commands) ?? all);
}

function namesIn(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].flatMap(([, name]) => (name === undefined ? [] : [name])))];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
