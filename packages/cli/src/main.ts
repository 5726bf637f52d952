import { Command, CommanderError, Help, type Option } from "commander";
import { commands } from "./commands/index.ts";
import { describeFailure, exitCodes } from "./failure.ts";
import { onInterrupt } from "./interrupt.ts";
import { packageVersion } from "./package-version.ts";
import { Terminal } from "./terminal.ts";
import { describeMistake, isBare, refuseEmpty } from "./usage.ts";
import { type Context, helpEnd } from "./verb.ts";

/** Runs one command line. @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  const terminal = new Terminal(process.stdout, process.stderr);
  const { signal, release } = onInterrupt(() => {
    terminal.say("ending in order; Ctrl-C once more ends it at once");
  });
  process.stdout.on("error", leaveOnClosedPipe);
  const context: Context = { terminal, signal, exitCode: exitCodes.done };
  const program = await programFor(context, args);
  try {
    await program.parseAsync(args, { from: "user" });
    return context.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return endOfParsing(thrown, program, args, terminal);
    const reason: unknown = signal.aborted ? signal.reason : thrown;
    const failure = describeFailure(reason);
    terminal.fail(failure.json, failure.text);
    return failure.exitCode;
  } finally {
    release();
  }
}

/** Knows all commands, or only the one that `args` begin with. */
async function programFor(context: Context, args: readonly string[]): Promise<Command> {
  const program = new Command("causeway")
    .description(
      "Keeps security patches reachable, verifiable and installable\n" +
        "while the vendor's update site is under attack.",
    )
    .version(packageVersion(), "-V, --version", "print the version")
    .configureHelp({ visibleOptions: commonOptionsLast })
    .enablePositionalOptions() // or "get --version V" would print ours
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .addHelpText("after", helpEnd("causeway get --help"))
    .hook("preAction", (_, action) => {
      const { json, quiet } = action.opts<{ json?: boolean; quiet?: boolean }>();
      context.terminal.voice = { json: json === true, quiet: quiet === true };
      refuseEmpty(action);
    });
  const asked = commands.get(args[0] ?? "");
  for (const load of asked === undefined ? commands.values() : [asked]) {
    const register = await load();
    register(program, context);
  }
  return program;
}

const common = new Set(["--json", "--quiet", "--help"]);

function commonOptionsLast(command: Command): Option[] {
  const all = new Help().visibleOptions(command);
  return [...all.filter((option) => !isCommon(option)), ...all.filter(isCommon)];
}

function isCommon(option: Option): boolean {
  return common.has(option.long ?? "");
}

/** Help and version end parsing too; only real mistakes are failures. */
function endOfParsing(
  end: CommanderError,
  program: Command,
  args: readonly string[],
  terminal: Terminal,
): number {
  if (end.exitCode === 0) return exitCodes.done;
  if (isBare(end, args)) return exitCodes.usage;
  terminal.voice = { json: args.includes("--json"), quiet: false };
  const { message, hint } = describeMistake(end, program, args);
  terminal.fail(
    { error: { code: "USAGE_ARGUMENT", message } },
    `${message} [USAGE_ARGUMENT]\n${hint}`,
  );
  return exitCodes.usage;
}

function leaveOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(exitCodes.failure);
  throw error;
}
