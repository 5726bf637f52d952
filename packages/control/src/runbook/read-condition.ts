import { resolve } from "node:path";
import { durationMs, type UsageError } from "@causeway/kernel";
import type { Condition } from "./runbook.ts";
import type { ConditionValue } from "./runbook-value.ts";

const forMsMax = {
  traffic: 9 * 60_000, // origins tell of the last ten minutes
  probes: 60 * 60_000, // what is out for longer, people have seen
} as const;

/** @throws what `fault` makes */
export function readCondition(
  value: ConditionValue,
  folder: string,
  fault: (what: string) => UsageError,
): Condition {
  const { id, origin, recording, route, measure, above, below } = value;
  const forMs = durationMs(value.for) ?? 0;
  const longest = route === undefined ? forMsMax.traffic : forMsMax.probes;
  if (forMs > longest) throw fault(`${id}: for is at most ${longest / 60_000}m`);
  if (route !== undefined) {
    if ([origin, recording, measure, above, below].every((each) => each === undefined)) {
      const source = { kind: "probes", route } as const;
      return { id, source, measure: "outage", side: "above", threshold: 0, forMs };
    }
    throw fault(`${id}: of a route, write for and nothing else`);
  }
  if (measure === undefined) throw fault(`${id}: write measure`);
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
  throw fault(`${id}: write origin, recording or route`);
}

function isLoopback(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "http:" || url.username !== "" || url.search !== "") {
    return false;
  }
  return /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname);
}
