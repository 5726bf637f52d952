import { runbookSchemaText } from "@causeway/control";
import { addVerb, helpEnd, type Register } from "../verb.ts";
import { registerCheck } from "./runbook-check.ts";
import { registerStatus } from "./runbook-status.ts";

/** `causeway runbook check|status|…`: timed and conditional steps, one file per verb. */
export const registerRunbook: Register = (program, context) => {
  const runbook = program
    .command("runbook")
    .description("Do what is planned before, during and after an attack.")
    .addHelpText("after", helpEnd("causeway runbook check runbook.yaml"));
  for (const register of [registerCheck, registerStatus]) {
    register(runbook, context);
  }
  const example = "causeway runbook schema > runbook.schema.json";
  addVerb(runbook, "schema", "Print the JSON Schema of runbook.yaml, for editors.", example).action(
    () => context.terminal.result(JSON.parse(runbookSchemaText()), runbookSchemaText().trimEnd()),
  );
};
