import { readFileSync } from "node:fs";

/** The text of the JSON Schema of probes.yaml, for editors and for whoever reads one. */
export function probesSchemaText(): string {
  // Lies beside src/ and dist/, so that both find it, bundled or not.
  return readFileSync(new URL("../schema/probes.schema.json", import.meta.url), "utf8");
}
