import { progressOf, RunbookLog, situationsOf } from "@causeway/control";
import { loadRunbook } from "../runbook/load-runbook.ts";
import { measure } from "../runbook/measure.ts";
import { jsonOfStatus, statusLines } from "../runbook/told-situation.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Register } from "../verb.ts";

/** `causeway runbook status`: what is done, what is due, and who is waited for. */
export const registerStatus: Register = (runbook, { terminal, signal }) => {
  const example = "causeway runbook status runbook.yaml";
  addVerb(runbook, "status", "Tell what is done, what is due and who is waited for.", example)
    .argument("<file>", "the runbook")
    .action(async (file: string) => {
      const now = Date.now();
      const read = await loadRunbook(file);
      const log = new RunbookLog(read.dir, read.name);
      const { records, head, wrong } = await log.look();
      if (wrong !== undefined) terminal.warn(`${log.file} is not what was written: ${wrong}`);
      const verdicts = await measure(read, now, signal);
      const situations = situationsOf(read, progressOf(read, records), verdicts, now);
      const lines = statusLines(read, situations, head, now);
      terminal.result(jsonOfStatus(read, situations, head), printable(lines.join("\n")));
    });
};
