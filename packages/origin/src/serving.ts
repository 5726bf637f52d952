import { createServer } from "node:net";
import type { AdminView } from "./admin-server.ts";
import { addCounts, type Counts } from "./counters.ts";
import { EntranceWorkers } from "./entrance-workers.ts";
import { type Lanes, type ListenOptions, listenOn } from "./listen.ts";
import type { Log } from "./log.ts";
import type { OriginReport } from "./measures/worker-report.ts";
import type { PoolState, ServingState } from "./metrics.ts";
import type { Policy } from "./policy/policy.ts";
import { type ServedTree, serveTree } from "./serve-tree.ts";
import type { TicketKey } from "./shield/ticket-key-file.ts";
import type { TlsKeeper } from "./tls/tls-keeper.ts";
import { WorkerPool } from "./worker-pool.ts";

/** What serves: this process, or workers; and the entrances, which always are workers. */
export interface Serving extends Pick<AdminView, "counts"> {
  state(): ServingState;
  readonly ports: Lanes<number>;
  /** To be called about once a second where anybody looks; workers' counts are as old as that. */
  report(): OriginReport;
  stop(graceMs: number): Promise<void>;
  setTicketKeys(keys: readonly TicketKey[]): void;
  setPolicy(policy: Policy): void;
  /** Whether it takes connections of clients itself; at first it does. Resolves when that is so. */
  setPublic(isPublic: boolean): Promise<void>;
}

/** The same without the entrances. */
interface PublicServing extends Omit<Serving, "state"> {
  state(): PoolState;
}

/** As in `OriginOptions`. */
export interface ServingOptions {
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  readonly tls?: { readonly port?: number };
  readonly log: Log;
  /** Where each worker listens to our own edge; with none there is no such edge. */
  readonly edgeSockets?: readonly string[];
}

const lanesFlags = { plain: "address or port", tls: "--host or --tls-port" } as const;

/** Starts to serve; with `keeper`, over TLS too. It is stopped with it. @throws {HostError} */
export async function startServing(
  served: ServedTree,
  options: ServingOptions,
  keeper: TlsKeeper | undefined,
): Promise<Serving> {
  const { workers, log } = options;
  const shared = canSharePort();
  if (workers > 1 && !shared) {
    const why = "this system has no SO_REUSEPORT";
    log({ level: "warn", event: "one-worker-only", fields: { why } });
  }
  const lanes = lanesOf(options, shared);
  let entrances: EntranceWorkers | undefined;
  try {
    // Sockets with SO_REUSEPORT would silently share the port with another origin of this user.
    for (const lane of ["plain", "tls"] as const) await assertFree(lanes[lane], lanesFlags[lane]);
    entrances = await EntranceWorkers.start(served, { ...options, reusePort: shared }, keeper);
    // Beside entrances a process of its own, which yields to them.
    const open =
      shared && (workers > 1 || entrances.state().workers > 0)
        ? await startPool(served, lanes, options, keeper)
        : await startHere(served, lanes, options, keeper);
    return together(open, entrances, keeper);
  } catch (cause) {
    keeper?.stop();
    await entrances?.stop(0);
    throw cause;
  }
}

function together(
  open: PublicServing,
  entrances: EntranceWorkers,
  keeper: TlsKeeper | undefined,
): Serving {
  return {
    ports: open.ports,
    counts: (): Counts => addCounts(open.counts(), entrances.counts()),
    report: () => {
      const [one, other] = [open.report(), entrances.report()];
      const counts = addCounts(one.counts, other.counts);
      return { counts, sources: [...one.sources, ...other.sources] };
    },
    state: () => {
      const { workers, restarts } = open.state();
      const behind = entrances.state();
      return { workers, restarts: restarts + behind.restarts, entrances: behind.workers };
    },
    setTicketKeys: (keys) => {
      open.setTicketKeys(keys);
      entrances.setTicketKeys(keys);
    },
    setPolicy: (policy) => {
      open.setPolicy(policy);
      entrances.setPolicy(policy);
    },
    setPublic: (isPublic) => open.setPublic(isPublic),
    stop: async (graceMs) => {
      keeper?.stop();
      await Promise.all([open.stop(graceMs), entrances.stop(graceMs)]);
    },
  };
}

function lanesOf({ host, port, tls }: ServingOptions, reusePort: boolean): Lanes<ListenOptions> {
  const main = { host, port, reusePort };
  if (tls === undefined) return { plain: main };
  if (tls.port === undefined) return { tls: main };
  return { plain: main, tls: { host, port: tls.port, reusePort } };
}

async function startPool(
  served: ServedTree,
  lanes: Lanes<ListenOptions>,
  { workers, log, edgeSockets }: ServingOptions,
  keeper: TlsKeeper | undefined,
): Promise<PublicServing> {
  const pool = new WorkerPool(served, lanes, keeper?.material, log, edgeSockets);
  keeper?.follow((material) => pool.renewTls(material));
  try {
    return {
      ports: await pool.start(workers),
      stop: (graceMs) => pool.stop(graceMs),
      counts: () => pool.counts(),
      report: () => pool.report(),
      state: () => pool.state(),
      setTicketKeys: (keys) => pool.setTicketKeys(keys),
      setPolicy: (policy) => pool.setPolicy(policy),
      setPublic: (isPublic) => pool.setPublic(isPublic),
    };
  } catch (cause) {
    await pool.stop(0);
    throw cause;
  }
}

async function startHere(
  served: ServedTree,
  lanes: Lanes<ListenOptions>,
  { log, edgeSockets }: ServingOptions,
  keeper: TlsKeeper | undefined,
): Promise<PublicServing> {
  const server = serveTree(served, log);
  keeper?.follow((material) => server.renewTls(material));
  try {
    const [edgeSocket] = edgeSockets ?? [];
    if (edgeSocket !== undefined) await server.listenToEdge(edgeSocket);
    return {
      ports: await server.listen(lanes, keeper?.material),
      stop: (graceMs) => server.stop(graceMs),
      counts: () => server.counts(),
      report: () => {
        const { counts, sources } = server.report();
        return { counts, sources: [sources] };
      },
      state: () => ({ workers: 1, restarts: 0 }),
      setTicketKeys: (keys) => server.setTicketKeys(keys),
      setPolicy: (policy) => server.setPolicy(policy),
      setPublic: (isPublic) => server.setPublic(isPublic),
    };
  } catch (cause) {
    await server.stop(0);
    throw cause;
  }
}

/** Where Node has `reusePort` with spreading of connections. */
export function canSharePort(): boolean {
  return process.platform === "linux" || process.platform === "freebsd";
}

async function assertFree(lane: ListenOptions | undefined, choice: string): Promise<void> {
  if (lane === undefined || lane.port === 0) return;
  const probe = createServer();
  await listenOn(probe, { ...lane, reusePort: false }, choice);
  await new Promise((resolve) => {
    probe.close(resolve);
  });
}
