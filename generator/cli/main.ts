// The command line: every command is listed here, and every failure ends here as one message and one exit code.
import yargs, { type Argv, type CommandModule } from 'yargs';
import { ProfileError, UsageError, UserError } from '../errors.ts';
import { countProblems, formatProblems } from '../report.ts';
import { completionCommand } from './completion.ts';
import { diffCommand } from './diff.ts';
import { explainCommand } from './explain.ts';
import { generateCommand } from './generate.ts';
import { initCommand } from './init.ts';
import { schemaCommand } from './schema.ts';
import { coloursFor, printError } from './terminal.ts';
import { explainUsage } from './usage.ts';
import { validateCommand } from './validate.ts';
import { lifeboatVersion } from './version.ts';

const FAULT = 70;
const EXIT_CODES = 'Exit codes: 0 done, 1 something to correct, 2 wrong usage, 70 a fault of lifeboat.';

/** Runs one command line and returns the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  process.exitCode = 0;
  try {
    await parser(args).parseAsync();
    return process.exitCode;
  } catch (error) {
    return report(error instanceof UsageError ? await explainUsage(error, args, parser) : error, args.includes('generate'));
  }
}

function parser(args: readonly string[]): Argv {
  return yargs([...args])
    .scriptName('npx lifeboat')
    .usage('$0 <command>\n\nTurns one profile per environment into the scripts that back up and restore a server.')
    .command(withExitCodes(initCommand))
    .command(withExitCodes(validateCommand))
    .command(withExitCodes(generateCommand))
    .command(withExitCodes(explainCommand))
    .command(withExitCodes(diffCommand))
    .command(withExitCodes(schemaCommand))
    .command(withExitCodes(completionCommand))
    .demandCommand(1, 'which command?')
    .strict()
    .locale('en')
    .wrap(100)
    .version(lifeboatVersion())
    .alias('help', 'h')
    .epilogue(EXIT_CODES)
    .exitProcess(false)
    .fail((message: string | null, error: unknown) => {
      // Its own complaints about a command line come as messages or as errors of its own kind.
      const complaint = isComplaint(error) ? error.message : message;
      throw error instanceof Error && !isComplaint(error) ? error : new UsageError(complaint ?? 'wrong usage');
    });
}

function isComplaint(error: unknown): error is Error {
  return error instanceof Error && error.name === 'YError';
}

// yargs forgets the epilogue when it enters a command.
function withExitCodes<Options>(command: CommandModule<object, Options>): CommandModule<object, Options> {
  const { builder } = command;
  return {
    ...command,
    builder: (args) => ((typeof builder === 'function' ? builder(args) : args) as Argv<Options>).epilogue(EXIT_CODES),
  };
}

function report(error: unknown, writes: boolean): number {
  const colours = coloursFor(process.stderr);
  if (error instanceof ProfileError) {
    printError(`${formatProblems(error.problems, colours)}${countProblems(error.problems)}.${writes ? ' Nothing was written.' : ''}`);
    return 1;
  }
  if (error instanceof UserError) {
    printError(`${colours.red('error:')} ${error.message}${error.fix === '' ? '' : `\n  ${error.fix}`}`);
    return error instanceof UsageError ? 2 : 1;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  printError(`${detail}\n${colours.red('error:')} this is a fault of lifeboat and not of your profile; please report it with the lines above`);
  return FAULT;
}
