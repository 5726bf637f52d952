import { type LogRecord, RunbookLog } from "@causeway/control";
import { isSha256, toUtcSecond, UsageError } from "@causeway/kernel";
import { exitCodes } from "../failure.ts";
import { loadRunbook } from "../runbook/load-runbook.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Register } from "../verb.ts";

interface LogOptions {
  readonly verify?: boolean;
  readonly head?: string;
}

const notes = `
--verify follows the chain from the first line, and compares its end with the head that is kept beside
it. It names the line that was changed, or two of which one was: a line is known by the next one alone.
Whoever can write to both can shorten or rewrite both: note the printed head elsewhere, and give it
with --head later. Exit code 3 tells that the log is not what was written.
`;

/** `causeway runbook log`: who did what, when and why. */
export const registerLog: Register = (runbook, context) => {
  const { terminal } = context;
  const example = "causeway runbook log runbook.yaml --verify";
  addVerb(runbook, "log", "Show what was done, by whom and why; verify it.", example, notes)
    .argument("<file>", "the runbook")
    .option("--verify", "tell whether it is what was written, and nothing else")
    .option("--head <digest>", "a head that was noted before, which it must hold")
    .action(async (file: string, { verify = false, head: noted }: LogOptions) => {
      if (noted !== undefined && !isSha256(noted)) {
        throw new UsageError("USAGE_ARGUMENT", "--head is 64 hexadecimal digits.");
      }
      const { dir, name } = await loadRunbook(file);
      const log = new RunbookLog(dir, name);
      const { records, head, wrong: found, broken, tornBytes } = await log.look();
      const isLost = noted !== undefined && !records.some(({ hash }) => hash === noted);
      const wrong = found ?? (isLost ? `it does not hold the head ${noted}` : undefined);
      if (wrong !== undefined) context.exitCode = exitCodes.verification;
      const torn = tornBytes === 0 ? [] : [`${tornBytes} bytes of a line that a kill cut off`];
      const verdict = [
        wrong === undefined
          ? `${log.file}: ${head.count} entries, head ${head.hash}`
          : `${log.file} is not what was written: ${wrong}`,
        ...torn,
      ];
      if (wrong !== undefined) terminal.fault(printable(verdict.join("\n")));
      const json = { ok: wrong === undefined, wrong: wrong ?? null, lines: broken?.lines ?? [] };
      const entries = verify ? {} : { entries: records.map(jsonOf) };
      const lines = verify ? [] : records.map(lineOf);
      const told = { ...json, count: head.count, head: head.hash, tornBytes, ...entries };
      terminal.result(told, printable([...lines, ...verdict].join("\n")));
    });
};

function jsonOf({ n, at, who, event, hash }: LogRecord): object {
  return { n, at: toUtcSecond(at), who, ...event, hash };
}

function lineOf({ n, at, who, event }: LogRecord): string {
  return `${n}  ${toUtcSecond(at)}  ${who}  ${eventText(event)}`;
}

function eventText(event: LogRecord["event"]): string {
  switch (event.what) {
    case "begun":
      return `begun: ${event.runbook}`;
    case "approvers":
      return `approvers are now: ${JSON.stringify(event.after)}`;
    case "approval":
      return `${event.step}: approved by ${event.by}`;
    case "intent": {
      const by =
        event.approvedBy.length === 0 ? "" : `, approved by ${event.approvedBy.join(", ")}`;
      const why = event.why === "" ? "" : ` (${event.why})`;
      return `${event.step}: about to do ${event.verb}${why}${by}`;
    }
    case "done": {
      const sides = [event.before, event.after].map((side) => JSON.stringify(side));
      return `${event.step}: done; before ${sides[0]}, after ${sides[1]}`;
    }
    case "failed":
      return `${event.step}: failed: ${event.message} [${event.code}]`;
    case "again":
      return `${event.step}: to be tried again`;
    default:
      return `repaired: ${event.bytes} bytes of a line that a kill cut off`;
  }
}
