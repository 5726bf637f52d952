import type { RecordSets } from "@causeway/control";
import { UsageError } from "@causeway/kernel";

/** The sets of a name, whose TTL is to change. @throws {UsageError} `USAGE_ARGUMENT` it has none */
export function present(before: RecordSets): RecordSets {
  if (before.length > 0) return before;
  const message = "the name has no address now; causeway names undo brings back a retired one.";
  throw new UsageError("USAGE_ARGUMENT", message);
}

/** What is odd about a name that is to be retired, has no address, and was never retired from here. */
export function neverThere(name: string): string {
  return `${name} has no address, and was never retired from here; is it spelled right?`;
}
