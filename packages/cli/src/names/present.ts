import type { RecordSets } from "@causeway/control";
import { UsageError } from "@causeway/kernel";

/** The sets of a name, whose TTL is to change. @throws {UsageError} `USAGE_ARGUMENT` it has none */
export function present(before: RecordSets): RecordSets {
  if (before.length > 0) return before;
  const message = "the name has no address now; causeway names undo brings back a retired one.";
  throw new UsageError("USAGE_ARGUMENT", message);
}
