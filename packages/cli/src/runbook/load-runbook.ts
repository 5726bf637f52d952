import path from "node:path";
import { type Runbook, type RunbookValue, readRunbook, runbookSchemaText } from "@causeway/control";
import { YamlReader } from "@causeway/publisher";
import { boundedText } from "../bounded-text.ts";

const written = { max: 1024 * 1024, what: "runbook", told: "docs/runbook.md" };
const reader = new YamlReader<RunbookValue>(runbookSchemaText);

/** @throws {UsageError} `CONFIG_MISSING`, or `CONFIG_MALFORMED` naming line and column */
export async function loadRunbook(file: string): Promise<Runbook> {
  const yaml = reader.read(await boundedText(file, written), file);
  const runbook = readRunbook(yaml.value, file, (at, what) => yaml.error(at, what));
  const published = path.join(runbook.dir, "repository");
  if (!path.relative(published, path.resolve(file)).startsWith("..")) {
    throw yaml.error([], `it lies in ${published}, which is public: it tells how you defend`);
  }
  return runbook;
}
