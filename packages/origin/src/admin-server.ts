import type { IncomingMessage, ServerResponse } from "node:http";
import type { Counts } from "./counters.ts";
import type { Log } from "./log.ts";
import {
  type LoopbackServer,
  sendMetrics,
  sendText,
  startLoopbackServer,
} from "./loopback-server.ts";
import type { Recorder } from "./measures/recorder.ts";
import { type OriginState, renderMetrics } from "./metrics.ts";
import { answerPolicy } from "./policy/admin-policy.ts";
import type { PolicyKeeper } from "./policy/policy-keeper.ts";
import { answerTicketKeys } from "./shield/admin-ticket-keys.ts";
import type { TicketKeyKeeper } from "./shield/ticket-key-keeper.ts";

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

/**
 * `/healthz`, `/readyz`, `/metrics`, `/seconds`, `/policy` and `/ticket-keys` on loopback.
 * @throws {HostError} `HOST_ADDRESS`
 */
export async function startAdmin(port: number, view: AdminView, log: Log): Promise<LoopbackServer> {
  const server = await startLoopbackServer(port, (request, response) => {
    return answer(request, response, view, log);
  });
  const ticking = setInterval(() => view.recorder.tick(), 1_000).unref();
  return {
    url: server.url,
    close: () => {
      clearInterval(ticking);
      return server.close();
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
  if (url === "/ticket-keys") return answerTicketKeys(request, response, view.ticketKeys);
  if (url === "/healthz") return sendText(response, 200, "alive\n");
  if (url === "/readyz") {
    const ready = await view.ready();
    const text = ready ? readyText(view.state()) : "not ready\n";
    return sendText(response, ready ? 200 : 503, text);
  }
  if (url === "/metrics") {
    const { recorder, policy } = view;
    const text = renderMetrics(view.counts(), view.state(), recorder.sources(), policy);
    return sendMetrics(response, text);
  }
  const since = /^\/seconds(?:\?since=(\d{1,15}))?$/.exec(url ?? "");
  if (since === null) return sendText(response, 404, "not found\n");
  const recording = view.recorder.since(Number(since[1] ?? 0));
  sendText(response, 200, `${JSON.stringify(recording)}\n`, "application/json");
}

function readyText({ edge }: OriginState): string {
  if (edge === undefined) return "ready\n";
  return edge.state.inFront ? "ready, behind HAProxy\n" : "ready, without its HAProxy\n";
}
