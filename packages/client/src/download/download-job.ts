import { HostError, NoRouteDelivered, type Ports, type Store } from "@causeway/kernel";
import type { DownloadLimits } from "../download-limits.ts";
import { orNothing } from "../or-nothing.ts";
import type { RetryBudget } from "../routes/retry-budget.ts";
import type { Route } from "../routes/route.ts";
import type { Progress } from "./download-progress.ts";
import type { DownloadRequest } from "./download-request.ts";
import type { Partial } from "./partial.ts";
import type { SyncPace } from "./sync-along.ts";

/** What every step of one download shares. */
export interface DownloadJob {
  readonly ports: Ports;
  readonly request: DownloadRequest;
  readonly limits: DownloadLimits;
  readonly retries: RetryBudget;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** The routes that it began with, and those that have joined since. */
export function routesOf({ request: { routes, joined } }: DownloadJob): readonly Route[] {
  return [...new Set([...routes, ...(joined?.() ?? [])])];
}

/** Every route failed, as each of them says. */
export function noRoute(job: DownloadJob, what: string): NoRouteDelivered {
  return new NoRouteDelivered(
    what,
    routesOf(job).map((route) => route.attempt),
  );
}

export function syncPaceOf({ ports, limits }: DownloadJob): SyncPace {
  return { clock: ports.clock, bytesMax: limits.unsyncedMax, msMax: limits.unsyncedMs };
}

/**
 * @param part the name of `partial`'s file
 * @throws {HostError} `HOST_FULL` when the store tells that what is missing does not fit
 */
export async function requireSpace(
  job: DownloadJob,
  partial: Pick<Partial, "index" | "hereLength">,
  part: string,
): Promise<void> {
  const { store, name } = job.request.output;
  const { length } = partial.index.target;
  const free = await store.freeBytes();
  if (free === undefined || free >= length - partial.hereLength) return;
  // On FAT, where no file has holes, the part took all its room when it got its length.
  const taken = Math.max(partial.hereLength, await takenBy(store, part));
  if (free >= length - taken) return;
  const text = `${name}: needs ${length - taken} bytes, and the disk has ${free} free. Make room,`;
  throw new HostError("HOST_FULL", `${text} then run the same command again.`);
}

async function takenBy(store: Store, name: string): Promise<number> {
  const handle = await orNothing(store.open(name, "read"));
  const taken = handle?.taken && (await orNothing(handle.taken()));
  await handle?.close();
  return taken ?? 0;
}
