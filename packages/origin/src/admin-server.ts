import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Counts } from "./counters.ts";
import { listenOn } from "./listen.ts";
import type { Log } from "./log.ts";
import { type PoolState, renderMetrics } from "./metrics.ts";
import { answerPolicy } from "./policy/admin-policy.ts";
import type { PolicyKeeper } from "./policy/policy-keeper.ts";

const host = "127.0.0.1"; // operators only; never an address that the flood can reach

/** What the admin port tells, and changes. */
export interface AdminView {
  counts(): Counts;
  state(): PoolState;
  /** True when a client would be served now. */
  ready(): Promise<boolean>;
  readonly policy: PolicyKeeper;
}

export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `/healthz`, `/readyz`, `/metrics` and `/policy` on loopback.
 * @throws {HostError} `HOST_ADDRESS`
 */
export async function startAdmin(port: number, view: AdminView, log: Log): Promise<AdminServer> {
  const server = createServer({ maxHeaderSize: 8 * 1024, requestTimeout: 5_000 });
  server.maxConnections = 64;
  server.on("request", (request, response) => void answer(request, response, view, log));
  const address = await listenOn(server, { host, port, reusePort: false }, "--admin-port");
  return {
    url: `http://${host}:${address}`,
    close: () => {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  view: AdminView,
  log: Log,
): Promise<void> {
  const { url } = request;
  if (url === "/policy") return answerPolicy(request, response, view.policy, log);
  if (url === "/healthz") return send(response, 200, "text/plain", "alive\n");
  if (url === "/readyz") {
    const ready = await view.ready();
    return send(response, ready ? 200 : 503, "text/plain", ready ? "ready\n" : "not ready\n");
  }
  if (url !== "/metrics") return send(response, 404, "text/plain", "not found\n");
  const type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
  send(response, 200, type, renderMetrics(view.counts(), view.state()));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" });
  response.end(body);
}
