import { resolve } from "node:path";
import type { UsageError } from "@causeway/kernel";
import type { Condition } from "./runbook.ts";
import type { ConditionValue } from "./runbook-value.ts";
import { spanMs } from "./step-time.ts";

const forMsMax = 9 * 60_000; // origins tell of the last ten minutes

/** @throws what `fault` makes */
export function readCondition(
  value: ConditionValue,
  folder: string,
  fault: (what: string) => UsageError,
): Condition {
  const { id, origin, recording, measure, above, below } = value;
  const forMs = spanMs(value.for) ?? 0;
  if (forMs === 0 || forMs > forMsMax) throw fault(`${id}: for is at most 9m`);
  const threshold = above ?? below;
  if (threshold === undefined || (above !== undefined && below !== undefined)) {
    throw fault(`${id}: write above or below`);
  }
  const side = above === undefined ? "below" : "above";
  const rest = { id, measure, side, threshold, forMs } as const;
  if (origin !== undefined && recording === undefined) {
    if (!isLoopback(origin)) {
      throw fault(`${id}: origin is an admin port of this machine, as http://127.0.0.1:9100`);
    }
    return { ...rest, source: { kind: "origin", url: origin } };
  }
  if (recording !== undefined && origin === undefined) {
    return { ...rest, source: { kind: "recording", file: resolve(folder, recording) } };
  }
  throw fault(`${id}: write origin or recording`);
}

function isLoopback(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "http:" || url.username !== "" || url.search !== "") {
    return false;
  }
  return /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname);
}
