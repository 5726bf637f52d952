import { HostError } from "@causeway/kernel";
import { addCounts } from "../counters.ts";
import { type Patience, tellHaproxy } from "../edge/runtime-socket.ts";
import {
  type EdgeStats,
  edgeRefusals,
  noEdgeStats,
  readEdgeStats,
  statsCommand,
} from "./edge-stats.ts";

/** Counts what the HAProxies at one socket did, one after the other. */
export class EdgeMeter {
  readonly #ask: () => Promise<EdgeStats>;
  #ofTheDead = noEdgeStats;
  #running = noEdgeStats;
  #asking: Promise<HostError | undefined> | undefined;

  /** `ask` gets what the one that runs counted. @throws {HostError} none is there */
  constructor(ask: () => Promise<EdgeStats>) {
    this.#ask = ask;
  }

  /** What was told so far. */
  stats(): EdgeStats {
    return addCounts(this.#ofTheDead, this.#running);
  }

  /** Asks, once at a time. @returns why nobody told anything */
  update(): Promise<HostError | undefined> {
    this.#asking ??= this.#update().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #update(): Promise<HostError | undefined> {
    try {
      this.#told(await this.#ask());
      return undefined;
    } catch (cause) {
      if (!(cause instanceof HostError)) throw cause;
      this.#running = { ...this.#running, now: noEdgeStats.now };
      return cause;
    }
  }

  #told(stats: EdgeStats): void {
    if (isLess(stats, this.#running)) {
      // Another one has started, and counts from nothing.
      this.#ofTheDead = addCounts(this.#ofTheDead, { ...this.#running, now: noEdgeStats.now });
    }
    this.#running = stats;
  }
}

/**
 * What the HAProxy at that socket did since it started.
 * @throws {HostError} nobody answers there, or something else
 */
export async function edgeStatsAt(control: string, patience?: Patience): Promise<EdgeStats> {
  const stats = readEdgeStats(await tellHaproxy(control, statsCommand, [], patience));
  if (stats !== undefined) return stats;
  throw new HostError("HOST_IO", `what answers at ${control} is no HAProxy of ours.`);
}

/** Whether something was counted backwards. */
function isLess(stats: EdgeStats, before: EdgeStats): boolean {
  const [now, then] = [stats, before].map(({ requests, refused, sentBytes, accepted, dropped }) => {
    return [requests, sentBytes, accepted, dropped, ...edgeRefusals.map((why) => refused[why])];
  });
  return now?.some((count, at) => count < (then?.[at] ?? 0)) ?? false;
}
