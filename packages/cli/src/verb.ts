import type { Command } from "commander";
import type { Terminal } from "./terminal.ts";

/** What every command is given. */
export interface Context {
  readonly terminal: Terminal;
  /** Fires on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** For a command that ends with a result, and still not all went well. */
  exitCode: number;
}

/** What each command's file exports. */
export type Register = (program: Command, context: Context) => void;

const exitCodesText = `
Exit codes: 0 done; 1 unexpected failure; 2 wrong usage or configuration;
3 refused because verification failed; 4 no route could be reached in time;
5 installing failed and the old version is back in place; 130 interrupted.`;

/** Adds a command with the options and the help that all of them share. */
export function addVerb(
  parent: Command,
  name: string,
  description: string,
  example: string,
  notes = "",
): Command {
  return parent
    .command(name)
    .description(description)
    .option("--json", "print one JSON object on standard output, nothing else there")
    .option("--quiet", "say nothing but errors")
    .addHelpText("after", helpEnd(example, notes));
}

/** What every help ends with. */
export function helpEnd(example: string, notes = ""): string {
  return `
Example:
  ${example}
${notes}${exitCodesText}`;
}

/** For options that may be given more than once. */
export function collect(value: string, earlier: readonly string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}
