import { readFileSync } from "node:fs";

/** The text of the JSON Schema, as init puts it beside causeway.yaml. */
export function schemaText(): string {
  // Lies beside src/ and dist/, so that both find it, bundled or not.
  return readFileSync(new URL("../schema/causeway.schema.json", import.meta.url), "utf8");
}
