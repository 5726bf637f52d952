import { RouteError } from "@causeway/kernel";
import { seconds } from "../routes/body.ts";
import { Cancel, over } from "../routes/cancel.ts";
import type { Route } from "../routes/route.ts";
import { mayBeFileFault } from "./download-chunks.ts";
import type { DownloadJob } from "./download-job.ts";
import type { Partial } from "./partial.ts";

/**
 * Does `fetch` of a delta, unless it would take long while a route that has no part in it brings
 * the file sooner without: else one that drips a delta would hold up all others, who lack it.
 * @param fetch is given the job with a signal of its own
 * @throws {RouteError} `ROUTE_STALLED`; what came until then is kept
 * @throws what `fetch` throws
 */
export async function withPatience(
  job: DownloadJob,
  delta: Partial,
  fetch: (job: DownloadJob) => Promise<void>,
): Promise<void> {
  const cancel = new Cancel(job.signal);
  const timer = new AbortController();
  const watched = watch(job, delta, timer.signal).then(
    (why) => cancel.cancel(why),
    (error: unknown) => {
      if (error !== over) cancel.cancel(error);
    },
  );
  try {
    await fetch({ ...job, signal: cancel.signal });
  } finally {
    timer.abort(over);
    cancel.release();
    await watched;
  }
}

/** Resolves when the delta should be given up. @throws the signal's reason */
async function watch(job: DownloadJob, delta: Partial, signal: AbortSignal): Promise<RouteError> {
  const { clock } = job.ports;
  const { routes, release, target } = job.request;
  const { lookMs, restMsMax } = job.limits.deltaPatience;
  const withoutLength = release.pack?.length ?? target.length;
  const start = clock.steady();
  const before = new Map(routes.map((route) => [route, route.bytesReceived]));
  const cameOver = (route: Route): number => route.bytesReceived - (before.get(route) ?? 0);
  for (;;) {
    const seen = new Map(routes.map((route) => [route, route.bytesReceived]));
    await clock.sleep(lookMs, signal);
    const came = routes.reduce((sum, route) => sum + cameOver(route), 0);
    const rest = delta.index.target.length - delta.hereLength;
    const restMs = (rest * (clock.steady() - start)) / came;
    const isQuicker = (route: Route): boolean => {
      if (route.bytesReceived !== seen.get(route) || !isThere(route)) return false;
      const rate = route.bytesPerSecond ?? route.recalled.bytesPerSecond ?? Infinity;
      return (withoutLength * 1000) / rate < restMs;
    };
    if (restMs <= restMsMax || !routes.some(isQuicker)) continue;
    const text = `brought ${came} bytes of a delta in ${seconds(clock.steady() - start)} s`;
    return new RouteError("ROUTE_STALLED", target.path, `the routes that have it ${text}`);
  }
}

/** True for a route that may well have all but the delta. */
function isThere(route: Route): boolean {
  const { error, trustworthy, latencyMs } = route;
  if (!trustworthy || latencyMs === undefined) return false;
  return error === undefined || (error instanceof RouteError && mayBeFileFault(route, error));
}
