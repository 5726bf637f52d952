import { type PruneResult, prune } from "@causeway/publisher";
import { InvalidArgumentError } from "commander";
import { exitCodes } from "../failure.ts";
import { formatCount } from "../format.ts";
import { logTo } from "../publisher-log.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Context, type Register } from "../verb.ts";

interface PruneOptions {
  readonly dir: string;
  readonly keepDays?: number;
  readonly dryRun?: boolean;
}

/** `causeway prune`: removes what no reader needs any more; for a timer. */
export const registerPrune: Register = (program, context) => {
  addVerb(
    program,
    "prune",
    "Remove old files that no reader needs any more, here and from every carrier.",
    "causeway prune --dir vendor --dry-run",
  )
    .option("--dir <dir>", "the vendor's folder", ".")
    .option("--keep-days <days>", "how long a file that is no longer named stays", days)
    .option("--dry-run", "say what would go, and change nothing")
    .action(async ({ dir, keepDays, dryRun = false }: PruneOptions) => {
      const result = await prune(dir, {
        ...(keepDays !== undefined && { keepDays }),
        isDryRun: dryRun,
        log: logTo(context.terminal),
        signal: context.signal,
      });
      tell(result, dryRun, context);
    });
};

function days(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Write a number of days, as 30.");
}

function tell(result: PruneResult, isDryRun: boolean, context: Context): void {
  const done = isDryRun ? "would go" : "removed";
  const lines = [`${result.repository}: what was not named for ${result.keepDays} days`];
  for (const { id, ok, removed, waiting, error } of result.routes) {
    if (ok) {
      const count = formatCount(removed.length, "file", "files");
      lines.push(`  ok      ${id}: ${count} ${done}, ${waiting} waiting`);
      if (isDryRun) lines.push(...removed.map((path) => `          ${path}`));
      continue;
    }
    const why = `${id}: ${error?.message ?? "unknown"} [${error?.code ?? "?"}]`;
    lines.push(`  failed  ${why}`);
    context.terminal.fault(printable(why));
    context.exitCode = exitCodes.failure;
  }
  context.terminal.result(result, lines.map(printable).join("\n"));
}
