import { access, realpath, stat } from "node:fs/promises";
import { createServer, isIPv6 } from "node:net";
import { join } from "node:path";
import { isMissing, toHostError } from "@causeway/client/internal/host-error";
import { HostError, UsageError } from "@causeway/kernel";
import { type AdminServer, type AdminView, startAdmin } from "./admin-server.ts";
import { defaultLimits, duplicatesMax, type OriginLimits, workersMax } from "./limits.ts";
import { listenOn } from "./listen.ts";
import type { Log } from "./log.ts";
import { type ServedTree, serveTree } from "./serve-tree.ts";
import { WorkerPool } from "./worker-pool.ts";

export interface OriginOptions {
  /** The repository's static tree: the folder that holds `metadata/` and `targets/`. */
  readonly tree: string;
  /** The address to listen on, as `127.0.0.1` or `::`. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Worker processes; with 0 or 1 this process serves. */
  readonly workers: number;
  readonly limits?: Partial<OriginLimits>;
  /**
   * Base URLs of other routes to the same repository. The first eight are named in
   * `Link: rel=duplicate`, and on the page that a busy service answers with.
   */
  readonly duplicates?: readonly string[];
  /** Serves `/healthz`, `/readyz` and `/metrics` on 127.0.0.1; 0 takes a free port. */
  readonly adminPort?: number;
  readonly log: Log;
}

/** A running origin. */
export interface Origin {
  /** Base URL for clients on this machine, ending in `/`. */
  readonly url: string;
  readonly port: number;
  readonly adminUrl: string | undefined;
  /** Finishes what is under way, for at most `graceMs`, and frees the port. Safe to call twice. */
  close(graceMs: number): Promise<void>;
}

/** What serves: this process, or workers. */
interface Serving extends Pick<AdminView, "counts" | "state"> {
  readonly port: number;
  stop(graceMs: number): Promise<void>;
}

/**
 * Serves a repository over HTTP until `close`. It installs no signal handler.
 * @throws {HostError} `HOST_MISSING` no such tree; `HOST_ADDRESS` the address cannot be used
 * @throws {UsageError} `USAGE_ARGUMENT` no port, no number of workers, or no HTTP base URL
 */
export async function startOrigin(options: OriginOptions): Promise<Origin> {
  const { host, log } = options;
  assertInteger("port", options.port, 65_535);
  assertInteger("admin port", options.adminPort ?? 0, 65_535);
  assertInteger("number of workers", options.workers, workersMax);
  const served: ServedTree = {
    tree: await realTree(options.tree),
    duplicates: (options.duplicates ?? []).slice(0, duplicatesMax).map(baseUrl),
    limits: { ...defaultLimits, ...options.limits },
  };
  const serving = await serve(served, options);
  let admin: AdminServer | undefined;
  let closing: Promise<void> | undefined;
  if (options.adminPort !== undefined) {
    const ready = async (): Promise<boolean> => {
      return closing === undefined && serving.state().workers > 0 && hasTimestamp(served.tree);
    };
    const { counts, state } = serving;
    try {
      admin = await startAdmin(options.adminPort, { counts, state, ready });
    } catch (cause) {
      await serving.stop(0);
      throw cause;
    }
  }
  const url = urlOf(host, serving.port);
  log({ level: "info", event: "serving", fields: { url, workers: serving.state().workers } });
  const close = async (graceMs: number): Promise<void> => {
    await serving.stop(graceMs);
    await admin?.close();
    log({ level: "info", event: "stopped", fields: { url } });
  };
  return {
    url,
    port: serving.port,
    adminUrl: admin?.url,
    close: (graceMs) => (closing ??= close(graceMs)),
  };
}

async function serve(served: ServedTree, options: OriginOptions): Promise<Serving> {
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

async function realTree(tree: string): Promise<string> {
  try {
    const real = await realpath(tree);
    if ((await stat(real)).isDirectory()) return real;
  } catch (cause) {
    if (!isMissing(cause)) throw toHostError(cause, `serve ${tree}`);
  }
  throw new HostError("HOST_MISSING", `There is no repository at ${tree}; publish one first.`);
}

async function hasTimestamp(tree: string): Promise<boolean> {
  try {
    await access(join(tree, "metadata", "timestamp.json"));
    return true;
  } catch {
    return false;
  }
}

function assertInteger(what: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw new UsageError("USAGE_ARGUMENT", `${value} is no ${what}; use one from 0 to ${max}.`);
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  const web = url?.protocol === "http:" || url?.protocol === "https:";
  if (url === null || !web || url.username !== "" || url.search !== "" || url.hash !== "") {
    const shown = JSON.stringify(text.slice(0, 80));
    throw new UsageError("USAGE_ARGUMENT", `${shown} is not a route's base URL, as https://host/.`);
  }
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}

function urlOf(host: string, port: number): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}/`;
}
