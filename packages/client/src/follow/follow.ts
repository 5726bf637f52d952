import type { FileHandle, Instant } from "@causeway/kernel";
import type { TargetFile } from "@causeway/trust";
import { type RunOptions, withRun } from "../client.ts";
import { type ClientLimits, clientLimits } from "../limits.ts";
import { type ClockReport, reportClock } from "../metadata/clock-report.ts";
import { refreshState } from "../metadata/refresh.ts";
import { learnRoutes } from "../metadata/route-list.ts";
import { RetryBudget } from "../routes/retry-budget.ts";
import type { RouteReport } from "../routes/route.ts";
import { fetchFile } from "./fetch-file.ts";
import { readWholeState, type WholeState } from "./whole-state.ts";

export type { RunOptions as FollowOptions } from "../client.ts";
export type { ClientLimits as FollowLimits } from "../limits.ts";
export type { RouteDocument, WholeState } from "./whole-state.ts";

/** The newest state that any route has, and the way to its files. */
export interface Followed {
  readonly state: WholeState;
  /**
   * Makes the open file the target at `location`. When it resolves, its bytes are verified, and
   * not yet synced. What an earlier call left in the file is used.
   * @throws {NoRouteDelivered} {HostError}
   */
  fetch(
    target: TargetFile,
    location: string,
    file: FileHandle,
    onProgress?: (done: number) => void,
  ): Promise<void>;
  /** What became of the routes so far. */
  readonly routes: readonly RouteReport[];
  readonly clock: ClockReport;
  /** By which expiry was judged. */
  readonly now: Instant;
  /** Bytes of bodies over the network so far. */
  readonly downloaded: number;
}

/**
 * Follows a repository as a client does, for who keeps all of it for others: finds the newest
 * state over all routes, with every document that a client of it may ask for.
 * @throws {UsageError} {NoRouteDelivered} {TrustError} {HostError} {Interrupted}
 */
export async function follow<Value>(
  options: RunOptions,
  signal: AbortSignal,
  act: (followed: Followed) => Promise<Value>,
  limits: ClientLimits = clientLimits,
): Promise<Value> {
  const shared = { ...options, retries: options.retries ?? new RetryBudget() };
  return withRun({ client: limits }, shared, signal, async (opened) => {
    const time = await refreshState(opened);
    opened.state.requireClaimedRoot();
    const run = { ...opened, now: time.now };
    const state = await readWholeState(run);
    await learnRoutes(run); // for the next time
    return act({
      state,
      fetch(target, location, file, onProgress) {
        return fetchFile(run, { target, location, file, ...(onProgress && { onProgress }) });
      },
      get routes() {
        return run.routes.reports;
      },
      clock: reportClock(time),
      now: time.now,
      get downloaded() {
        return run.routes.bytesReceived;
      },
    });
  });
}
