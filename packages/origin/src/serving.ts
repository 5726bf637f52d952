import { createServer } from "node:net";
import type { AdminView } from "./admin-server.ts";
import { listenOn } from "./listen.ts";
import type { Log } from "./log.ts";
import { type ServedTree, serveTree } from "./serve-tree.ts";
import type { TicketKey } from "./shield/ticket-key-file.ts";
import { WorkerPool } from "./worker-pool.ts";

/** What serves: this process, or workers. */
export interface Serving extends Pick<AdminView, "counts" | "state"> {
  readonly port: number;
  stop(graceMs: number): Promise<void>;
  setTicketKeys(keys: readonly TicketKey[]): void;
}

/** As in `OriginOptions`. */
interface ServingOptions {
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  readonly log: Log;
}

/** Begins to serve, with as many workers as are asked for and can be. @throws {HostError} */
export async function serve(served: ServedTree, options: ServingOptions): Promise<Serving> {
  const { host, port, workers, log } = options;
  if (workers > 1 && canSharePort()) {
    // Sockets with SO_REUSEPORT would silently share the port with another origin of this user.
    if (port !== 0) await assertFree(host, port);
    const pool = new WorkerPool(served, { host, port, reusePort: true }, log);
    try {
      return {
        port: await pool.start(workers),
        stop: (graceMs) => pool.stop(graceMs),
        counts: () => pool.counts(),
        state: () => pool.state(),
        setTicketKeys: (keys) => pool.setTicketKeys(keys),
      };
    } catch (cause) {
      await pool.stop(0);
      throw cause;
    }
  }
  if (workers > 1) {
    const why = "this system has no SO_REUSEPORT";
    log({ level: "warn", event: "one-worker-only", fields: { why } });
  }
  const server = serveTree(served, log);
  return {
    port: await server.listen({ host, port, reusePort: false }),
    stop: (graceMs) => server.stop(graceMs),
    counts: () => server.counts(),
    state: () => ({ workers: 1, restarts: 0 }),
    setTicketKeys: (keys) => server.setTicketKeys(keys),
  };
}

/** Where Node has `reusePort` with spreading of connections. */
function canSharePort(): boolean {
  return process.platform === "linux" || process.platform === "freebsd";
}

async function assertFree(host: string, port: number): Promise<void> {
  const probe = createServer();
  await listenOn(probe, { host, port, reusePort: false }, "--host or --port");
  await new Promise((resolve) => {
    probe.close(resolve);
  });
}
