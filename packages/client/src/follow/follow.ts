import type { FileHandle, Instant } from "@causeway/kernel";
import type { TargetFile } from "@causeway/trust";
import { type RunOptions, withRun } from "../client.ts";
import { type ClientLimits, clientLimits } from "../limits.ts";
import { type ClockReport, reportClock } from "../metadata/clock-report.ts";
import type { Wish } from "../metadata/find.ts";
import type { Run } from "../metadata/metadata.ts";
import { refreshState } from "../metadata/refresh.ts";
import { learnRoutes } from "../metadata/route-list.ts";
import { RetryBudget } from "../routes/retry-budget.ts";
import type { RouteReport } from "../routes/route.ts";
import { fetchFile } from "./fetch-file.ts";
import { type ReleaseState, readReleaseState } from "./release-state.ts";
import { readWholeState, type WholeState } from "./whole-state.ts";

export type { RunOptions as FollowOptions } from "../client.ts";
export type { ClientLimits as FollowLimits } from "../limits.ts";
export type { Wish } from "../metadata/find.ts";
export type { ReleaseState } from "./release-state.ts";
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
      fetch: fetchOver(run),
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

/** One release of the state that is trusted, and the way to its files. */
export interface FollowedRelease extends ReleaseState, Pick<Followed, "fetch" | "now"> {}

/**
 * As `follow`, of one release, and without asking whether there is anything newer.
 * @throws {UsageError} {NoRouteDelivered} {TrustError} {HostError} {Interrupted}
 */
export async function followRelease<Value>(
  options: RunOptions,
  wish: Wish,
  signal: AbortSignal,
  act: (followed: FollowedRelease) => Promise<Value>,
  limits: ClientLimits = clientLimits,
): Promise<Value> {
  const shared = { ...options, retries: options.retries ?? new RetryBudget() };
  return withRun({ client: limits }, shared, signal, async (opened) => {
    const run = { ...opened, now: opened.state.set.trustedTime(opened.now) };
    return act({
      ...(await readReleaseState(run, wish)),
      fetch: fetchOver(run),
      now: run.now,
    });
  });
}

function fetchOver(run: Run): Followed["fetch"] {
  return (target, location, file, onProgress) => {
    return fetchFile(run, { target, location, file, ...(onProgress && { onProgress }) });
  };
}
