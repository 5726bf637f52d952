import { readFileSync } from "node:fs";

/** The text of the JSON Schema of runbook.yaml, for editors and for whoever reads one. */
export function runbookSchemaText(): string {
  // Lies beside src/ and dist/, so that both find it, bundled or not.
  return readFileSync(new URL("../schema/runbook.schema.json", import.meta.url), "utf8");
}
