import {
  CausewayError,
  decodeRouteList,
  parseJson,
  type RouteList,
  routeListBytesMax,
  routeListPath,
} from "@causeway/kernel";
import { type TargetFile, verifyTarget } from "@causeway/trust";
import { orNothing } from "../or-nothing.ts";
import { fetchTarget, lookUp, type Run } from "./metadata.ts";
import { type TrustState, unlessRefused } from "./trust-state.ts";

/**
 * The vendor's signed list of routes. It is fetched when it has changed; else the state has it.
 * Undefined when the vendor has signed none, or it cannot be had now: no patch waits for it.
 * @throws {HostError}
 * @throws the signal's reason
 */
export async function readRouteList(run: Run): Promise<RouteList | undefined> {
  const sound = run.routes.all.filter(({ error }) => error === undefined);
  try {
    const target = await lookUp(run, routeListPath);
    if (target === undefined || target.length > routeListBytesMax) return undefined;
    const bytes = await obtain(run, target);
    return decodeRouteList(parseJson(bytes, routeListPath));
  } catch (error) {
    run.signal.throwIfAborted();
    if (!(error instanceof CausewayError) || error.blame === "host") throw error;
    for (const route of sound) route.forgive("TRUST_EXPIRED"); // nobody has a newer one
    return undefined;
  }
}

/** The newest list that an earlier run has verified, however long ago; damaged, it is none. */
export async function readKnownList(state: TrustState): Promise<RouteList | undefined> {
  const bytes = await orNothing(state.readRouteList(routeListBytesMax));
  return bytes && unlessRefused(() => decodeRouteList(parseJson(bytes, routeListPath)));
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
