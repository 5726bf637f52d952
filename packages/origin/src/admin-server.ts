import { createServer, type ServerResponse } from "node:http";
import type { Counts } from "./counters.ts";
import { listenOn } from "./listen.ts";
import { type PoolState, renderMetrics } from "./metrics.ts";

const host = "127.0.0.1"; // operators only; never an address that the flood can reach

/** What the admin port tells. */
export interface AdminView {
  counts(): Counts;
  state(): PoolState;
  /** True when a client would be served now. */
  ready(): Promise<boolean>;
}

export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

/** `/healthz`, `/readyz` and `/metrics` on loopback. @throws {HostError} `HOST_ADDRESS` */
export async function startAdmin(port: number, view: AdminView): Promise<AdminServer> {
  const server = createServer({ maxHeaderSize: 8 * 1024, requestTimeout: 5_000 });
  server.maxConnections = 64;
  server.on("request", (request, response) => void answer(request.url, response, view));
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
  url: string | undefined,
  response: ServerResponse,
  view: AdminView,
): Promise<void> {
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
