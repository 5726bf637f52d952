import { UsageError } from "@causeway/kernel";
import type { Command, CommanderError } from "commander";

/** A mistake on the command line: what it is, and where help is. */
export interface Mistake {
  readonly message: string;
  readonly hint: string;
}

/** True when nothing was asked for, and commander has answered with the help. */
export function isBare(end: CommanderError, args: readonly string[]): boolean {
  return end.code === "commander.help" && !args.includes("help");
}

/** Says in one line what commander found wrong in `args`, and which help to read. */
export function describeMistake(
  end: CommanderError,
  program: Command,
  args: readonly string[],
): Mistake {
  const words = args.filter((arg) => arg !== "help");
  const { command, path, rest } = commandIn(program, words);
  const hint = `see: ${path} --help`;
  const [word] = rest;
  const isCommon = word === "--json" || word === "--quiet";
  if (isCommon && command.commands.length > 0) {
    const names = command.commands.map((each) => each.name()).join(", ");
    return { message: `name a command before ${word}: ${names}`, hint };
  }
  if (end.code === "commander.help") return { message: `unknown command '${word}'`, hint };
  const message = end.message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.*)\?\)$/, "; did you mean $1?");
  return { message, hint };
}

function commandIn(
  program: Command,
  args: readonly string[],
): { readonly command: Command; readonly path: string; readonly rest: readonly string[] } {
  let command = program;
  let path = program.name();
  for (const [at, word] of args.entries()) {
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) return { command, path, rest: args.slice(at) };
    command = next;
    path += ` ${word}`;
  }
  return { command, path, rest: [] };
}

/**
 * A value that is empty is most often a shell's variable that was never set, and would be taken
 * for the folder that one happens to be in.
 * @throws {UsageError}
 */
export function refuseEmpty(action: Command): void {
  const given = [
    ...action.options.map((option) => {
      return [option.long ?? option.flags, action.getOptionValue(option.attributeName())] as const;
    }),
    ...action.registeredArguments.map((argument, at) => {
      return [`<${argument.name()}>`, action.processedArgs[at]] as const;
    }),
  ];
  for (const [name, value] of given) {
    if (value !== "" && !(Array.isArray(value) && value.includes(""))) continue;
    throw new UsageError("USAGE_ARGUMENT", `${name} is empty; is a variable of the shell not set?`);
  }
}
