import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Counts } from "./counters.ts";
import { isFromHere } from "./is-from-here.ts";
import { listenOn } from "./listen.ts";
import type { Log } from "./log.ts";
import type { Recorder } from "./measures/recorder.ts";
import { type OriginState, renderMetrics } from "./metrics.ts";
import { answerPolicy } from "./policy/admin-policy.ts";
import type { PolicyKeeper } from "./policy/policy-keeper.ts";
import { answerTicketKeys } from "./shield/admin-ticket-keys.ts";
import type { TicketKeyKeeper } from "./shield/ticket-key-keeper.ts";

const host = "127.0.0.1"; // operators only; never an address that the flood can reach

/** What the admin port tells, and changes. */
export interface AdminView {
  counts(): Counts;
  state(): OriginState;
  /** True when a client would be served now. */
  ready(): Promise<boolean>;
  readonly policy: PolicyKeeper;
  /** Undefined where tickets are neither given nor taken. */
  readonly ticketKeys: TicketKeyKeeper | undefined;
  /** It is told when a second ends. */
  readonly recorder: Recorder;
}

export interface AdminServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `/healthz`, `/readyz`, `/metrics`, `/seconds`, `/policy` and `/ticket-keys` on loopback.
 * @throws {HostError} `HOST_ADDRESS`
 */
export async function startAdmin(port: number, view: AdminView, log: Log): Promise<AdminServer> {
  const server = createServer({ maxHeaderSize: 8 * 1024, requestTimeout: 5_000 });
  server.maxConnections = 64;
  server.on("request", (request, response) => void answer(request, response, view, log));
  const address = await listenOn(server, { host, port, reusePort: false }, "--admin-port");
  const ticking = setInterval(() => view.recorder.tick(), 1_000).unref();
  return {
    url: `http://${host}:${address}`,
    close: () => {
      clearInterval(ticking);
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
  if (!isFromHere(request)) {
    return send(response, 403, "text/plain", "ask as 127.0.0.1, and from no web page\n");
  }
  if (url === "/policy") return answerPolicy(request, response, view.policy, log);
  if (url === "/ticket-keys") return answerTicketKeys(request, response, view.ticketKeys);
  if (url === "/healthz") return send(response, 200, "text/plain", "alive\n");
  if (url === "/readyz") {
    const ready = await view.ready();
    const text = ready ? readyText(view.state()) : "not ready\n";
    return send(response, ready ? 200 : 503, "text/plain", text);
  }
  if (url === "/metrics") {
    const { recorder, policy } = view;
    const text = renderMetrics(view.counts(), view.state(), recorder.sources(), policy);
    const type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    return send(response, 200, type, text);
  }
  const since = /^\/seconds(?:\?since=(\d{1,15}))?$/.exec(url ?? "");
  if (since === null) return send(response, 404, "text/plain", "not found\n");
  const recording = view.recorder.since(Number(since[1] ?? 0));
  send(response, 200, "application/json", `${JSON.stringify(recording)}\n`);
}

function readyText({ edge }: OriginState): string {
  if (edge === undefined) return "ready\n";
  return edge.state.inFront ? "ready, behind HAProxy\n" : "ready, without its HAProxy\n";
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" });
  response.end(body);
}
