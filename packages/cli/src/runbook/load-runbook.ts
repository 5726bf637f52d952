import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { type Runbook, type RunbookValue, readRunbook, runbookSchemaText } from "@causeway/control";
import { UsageError } from "@causeway/kernel";
import { YamlReader } from "@causeway/publisher";

const runbookBytesMax = 1024 * 1024;
const reader = new YamlReader<RunbookValue>(runbookSchemaText);

/** @throws {UsageError} `CONFIG_MISSING`, or `CONFIG_MALFORMED` naming line and column */
export async function loadRunbook(file: string): Promise<Runbook> {
  const yaml = reader.read(await textOf(file), file);
  const runbook = readRunbook(yaml.value, file, (at, what) => yaml.error(at, what));
  const published = path.join(runbook.dir, "repository");
  if (!path.relative(published, path.resolve(file)).startsWith("..")) {
    throw yaml.error([], `it lies in ${published}, which is public: it tells how you defend`);
  }
  return runbook;
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size <= runbookBytesMax) return await readFile(file, "utf8");
  } catch (cause) {
    const message = `cannot read ${file}; docs/runbook.md tells how to write one.`;
    throw new UsageError("CONFIG_MISSING", message, { cause });
  }
  throw new UsageError("CONFIG_MALFORMED", `${file} is longer than any runbook.`);
}
