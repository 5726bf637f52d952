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
import { fetchTarget, lookUpWithKeys, type Run } from "./metadata.ts";
import { type TrustState, unlessRefused } from "./trust-state.ts";

/**
 * Brings the vendor's signed list of routes to the newest of the trusted state, and its routes into
 * the run. It is fetched when it has changed; else the state has it. Undefined when the vendor has
 * signed none, or it cannot be had now: no patch waits for it.
 * @throws {HostError}
 * @throws the signal's reason
 */
export async function learnRoutes(run: Run): Promise<RouteList | undefined> {
  const sound = run.routes.all.filter(({ error }) => error === undefined);
  try {
    const found = await lookUpWithKeys(run, routeListPath);
    if (found === undefined || found.target.length > routeListBytesMax) return undefined;
    const kept = await keptCopy(run, found.target);
    const bytes = kept ?? (await fetchTarget(run, found.target));
    const signed = decodeRouteList(parseJson(bytes, routeListPath));
    // First: what is retired follows from it too, and without it a kill would leave that alone, and
    // nobody to ask.
    if (kept === undefined) await run.state.keepRouteList(bytes);
    const list = await run.routes.opened(signed);
    await run.routes.retire(list, found.keys);
    await run.routes.learn(list);
    return list;
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

async function keptCopy(run: Run, target: TargetFile): Promise<Uint8Array | undefined> {
  const kept = await run.state.readRouteList(target.length);
  return kept && unlessRefused(() => verified(target, kept));
}

function verified(target: TargetFile, bytes: Uint8Array): Uint8Array {
  verifyTarget(target, bytes);
  return bytes;
}
