import { runbookSchemaText } from "@causeway/control";
import { addVerb, helpEnd, type Register } from "../verb.ts";
import { registerApprove } from "./runbook-approve.ts";
import { registerCheck } from "./runbook-check.ts";
import { registerKey } from "./runbook-key.ts";
import { registerLog } from "./runbook-log.ts";
import { registerRun } from "./runbook-run.ts";
import { registerStatus } from "./runbook-status.ts";

/** `causeway runbook check|status|run|approve|log|key|schema`: timed and conditional steps, one file per verb. */
export const registerRunbook: Register = (program, context) => {
  const runbook = program
    .command("runbook")
    .description("Do what is planned before, during and after an attack.")
    .addHelpText("after", helpEnd("causeway runbook check runbook.yaml"));
  const registers = [registerCheck, registerStatus, registerRun, registerApprove, registerLog];
  for (const register of [...registers, registerKey]) register(runbook, context);
  const example = "causeway runbook schema > runbook.schema.json";
  addVerb(runbook, "schema", "Print the JSON Schema of runbook.yaml, for editors.", example).action(
    () => context.terminal.result(JSON.parse(runbookSchemaText()), runbookSchemaText().trimEnd()),
  );
};
