import {
  CausewayError,
  decodeRouteList,
  parseJson,
  type RouteList,
  routeListBytesMax,
  routeListPath,
} from "@causeway/kernel";
import { type TargetFile, verifyTarget } from "@causeway/trust";
import { fetchTarget, lookUp, type Run } from "./metadata.ts";
import { unlessRefused } from "./trust-state.ts";

/**
 * The vendor's signed list of routes. It is fetched when it has changed; else the state has it.
 * Undefined when the vendor has signed none, or it cannot be had now: no patch waits for it.
 * @throws {HostError}
 * @throws the signal's reason
 */
export async function readRouteList(run: Run): Promise<RouteList | undefined> {
  try {
    const target = await lookUp(run, routeListPath);
    if (target === undefined || target.length > routeListBytesMax) return undefined;
    const bytes = await obtain(run, target);
    return decodeRouteList(parseJson(bytes, routeListPath));
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof CausewayError && error.blame !== "host") return undefined;
    throw error;
  }
}

async function obtain(run: Run, target: TargetFile): Promise<Uint8Array> {
  const kept = await run.state.readRouteList(target.length);
  const good = kept && unlessRefused(() => verified(target, kept));
  if (good !== undefined) return good;
  const bytes = await fetchTarget(run, target);
  await run.state.keepRouteList(bytes);
  return bytes;
}

function verified(target: TargetFile, bytes: Uint8Array): Uint8Array {
  verifyTarget(target, bytes);
  return bytes;
}
