import { HostError } from "@causeway/kernel";
import { addCounts } from "../counters.ts";
import { type EdgeStats, edgeRefusals, noEdgeStats, readEdgeStats } from "./edge-stats.ts";

/** Counts what the HAProxies in front did, one after the other. */
export class EdgeMeter {
  readonly #ask: () => Promise<string>;
  #ofTheDead = noEdgeStats;
  #running = noEdgeStats;
  #asking = false;

  /** `ask` gets what `statsCommand` answers. @throws {HostError} none is in front */
  constructor(ask: () => Promise<string>) {
    this.#ask = ask;
  }

  /** What was told so far; and asks for more, until the next time. */
  read(): EdgeStats {
    if (!this.#asking) void this.#update();
    return addCounts(this.#ofTheDead, this.#running);
  }

  async #update(): Promise<void> {
    this.#asking = true;
    try {
      const stats = readEdgeStats(await this.#ask());
      if (stats !== undefined) this.#told(stats);
    } catch (cause) {
      if (!(cause instanceof HostError)) throw cause;
      this.#running = { ...this.#running, now: noEdgeStats.now };
    } finally {
      this.#asking = false;
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

/** Whether something was counted backwards. */
function isLess(stats: EdgeStats, before: EdgeStats): boolean {
  const [now, then] = [stats, before].map(({ requests, refused, sentBytes, accepted, dropped }) => {
    return [requests, sentBytes, accepted, dropped, ...edgeRefusals.map((why) => refused[why])];
  });
  return now?.some((count, at) => count < (then?.[at] ?? 0)) ?? false;
}
