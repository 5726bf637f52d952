import { HostError, NoRouteDelivered, type Ports } from "@causeway/kernel";
import type { DownloadLimits } from "../download-limits.ts";
import type { RetryBudget } from "../routes/retry-budget.ts";
import type { Progress } from "./download-progress.ts";
import type { DownloadRequest } from "./download-request.ts";
import type { SyncPace } from "./partial.ts";

/** What every step of one download shares. */
export interface DownloadJob {
  readonly ports: Ports;
  readonly request: DownloadRequest;
  readonly limits: DownloadLimits;
  readonly retries: RetryBudget;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Every route failed, as each of them says. */
export function noRoute(job: DownloadJob, what: string): NoRouteDelivered {
  return new NoRouteDelivered(
    what,
    job.request.routes.map((route) => route.attempt),
  );
}

export function syncPaceOf({ ports, limits }: DownloadJob): SyncPace {
  return { clock: ports.clock, bytesMax: limits.unsyncedMax, msMax: limits.unsyncedMs };
}

/** @throws {HostError} `HOST_FULL` when the store tells that `length` bytes more do not fit */
export async function requireSpace(job: DownloadJob, length: number): Promise<void> {
  const free = await job.request.output.store.freeBytes();
  if (free === undefined || free >= length) return;
  const name = job.request.output.name;
  const text = `${name}: needs ${length} bytes, and the disk has ${free} free. Make room, then`;
  throw new HostError("HOST_FULL", `${text} run the same command again.`);
}

/** What `work` resolves to, or undefined when the host cannot: for what is of use, not of need. */
export async function orNothing<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof HostError) return undefined;
    throw error;
  }
}
