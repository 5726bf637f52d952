import { type PublishResult, publish } from "@causeway/publisher";
import { exitCodes } from "../failure.ts";
import { formatBytes, formatCount } from "../format.ts";
import { passphrasesFrom } from "../passphrase.ts";
import { logTo } from "../publisher-log.ts";
import { StepScreen } from "../step-screen.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Context, type Register } from "../verb.ts";

interface PublishOptions {
  readonly dir: string;
  readonly passphraseFile?: string;
  readonly clockIsRight?: boolean;
  readonly everyByte?: boolean;
}

const stepNames = {
  place: "placing files",
  sign: "signing",
  verify: "verifying",
  pages: "writing pages",
  carry: "writing to carriers",
};

/** `causeway publish`: makes public what was added. */
export const registerPublish: Register = (program, context) => {
  const { terminal, signal } = context;
  addVerb(
    program,
    "publish",
    "Sign what was added, write it to every carrier, read back and verify.",
    "causeway publish --dir vendor",
  )
    .option("--dir <dir>", "the vendor's folder", ".")
    .option("--passphrase-file <file>", "holds the passphrase of the keys")
    .option("--clock-is-right", "sign although the last signing was over a day later than now")
    .option("--every-byte", "read all of the repository and of every carrier, and repair it")
    .action(async (options: PublishOptions) => {
      const { dir, passphraseFile, clockIsRight = false, everyByte = false } = options;
      const screen = new StepScreen(terminal, stepNames, String);
      try {
        const result = await publish(dir, {
          passphrase: passphrasesFrom(passphraseFile, context).known,
          onProgress: screen.show,
          log: logTo(terminal),
          signal,
          isClockRight: clockIsRight,
          everyByte,
        });
        screen.done();
        const head = `${result.repository}: ${formatCount(result.patches, "patch is public", "patches are public")}`;
        tell(result, head, context);
      } finally {
        screen.done();
      }
    });
};

/** Prints `head` and a line for each place that was written to; one that failed decides the exit code. */
export function tell(result: PublishResult, head: string, context: Context): void {
  const { routes, versions } = result;
  const told = Object.entries(versions).map(([role, version]) => `${role} ${version}`);
  const lines = [head, `  versions: ${told.join(", ")}`];
  for (const { id, ok, bytes, error } of routes) {
    if (ok) {
      lines.push(`  ok      ${id}: ${formatBytes(bytes)} written`);
      continue;
    }
    const why = `${id}: ${error?.message ?? "unknown"} [${error?.code ?? "?"}]`;
    lines.push(`  failed  ${why}; once that is mended, publish again`);
    context.terminal.fault(printable(why));
    context.exitCode = exitCodes.failure;
  }
  context.terminal.result(result, lines.map(printable).join("\n"));
}
