import { addCounts, type Counts, zeroCounts } from "./counters.ts";
import type { ListenOptions } from "./listen.ts";
import type { Log } from "./log.ts";
import type { OriginReport } from "./measures/worker-report.ts";
import type { PoolState } from "./metrics.ts";
import type { Policy } from "./policy/policy.ts";
import type { ServedTree } from "./serve-tree.ts";
import { entrancesPerTicket } from "./shield/entrance-choice.ts";
import type { TicketKey } from "./shield/ticket-key-file.ts";
import type { TlsKeeper } from "./tls/tls-keeper.ts";
import { WorkerPool } from "./worker-pool.ts";

/** As in `OriginOptions`. */
interface EntranceOptions {
  readonly host: string;
  /** As in `ListenOptions`. */
  readonly reusePort: boolean;
  readonly log: Log;
}

/**
 * The private entrances of an origin. Each has a listener and a process of its own: a flood of the
 * public one, or of another entrance, keeps it from nothing but its share of the processors.
 */
export class EntranceWorkers {
  readonly #pools: readonly WorkerPool[];

  private constructor(pools: readonly WorkerPool[]) {
    this.#pools = pools;
  }

  /** Opens those that tickets name. @throws {HostError} */
  static async start(
    served: ServedTree,
    { host, reusePort, log }: EntranceOptions,
    keeper: TlsKeeper | undefined,
  ): Promise<EntranceWorkers> {
    const { ports = [], overTls = false } = served.tickets?.entrances ?? {};
    const pools = ports.map((port) => {
      const lane: ListenOptions = { host, port, reusePort };
      const lanes = overTls ? { tls: lane } : { plain: lane };
      const pool = new WorkerPool(behindEntrance(served, port), lanes, keeper?.material, log);
      keeper?.follow((material) => pool.renewTls(material));
      return pool;
    });
    const all = new EntranceWorkers(pools);
    try {
      await Promise.all(pools.map((pool) => pool.start(1)));
      return all;
    } catch (cause) {
      await all.stop(0);
      throw cause;
    }
  }

  counts(): Counts {
    return this.#pools.reduce<Counts>((sum, pool) => addCounts(sum, pool.counts()), zeroCounts());
  }

  report(): OriginReport {
    const sources = this.#pools.flatMap((pool) => pool.report().sources);
    return { counts: this.counts(), sources };
  }

  /** Of all of them together. */
  state(): PoolState {
    const states = this.#pools.map((pool) => pool.state());
    const sum = (name: keyof PoolState): number => {
      return states.reduce((total, state) => total + state[name], 0);
    };
    return { workers: sum("workers"), restarts: sum("restarts") };
  }

  setTicketKeys(keys: readonly TicketKey[]): void {
    for (const pool of this.#pools) pool.setTicketKeys(keys);
  }

  setPolicy(policy: Policy): void {
    for (const pool of this.#pools) pool.setPolicy(policy);
  }

  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.stop(graceMs)));
  }
}

/** What the process of one entrance serves. Those that a ticket names each give a part of its share. */
export function behindEntrance(served: ServedTree, port: number): ServedTree {
  const all = served.tickets?.entrances.ports.length ?? 1;
  return { ...served, workers: Math.min(entrancesPerTicket, all), entrance: port };
}
