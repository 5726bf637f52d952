import type { IncomingMessage, ServerResponse } from "node:http";
import { sendMetrics, sendText } from "../loopback-server.ts";
import { gauge, openMetricsText } from "../openmetrics.ts";
import type { EdgeFollower } from "./edge-follower.ts";
import { edgeFamilies } from "./edge-metrics.ts";
import { rulesTold } from "./refused-machines.ts";

type FollowedEdge = Pick<EdgeFollower, "answers" | "stats" | "alarms">;

/** Tells operators of an HAProxy that is followed: `/healthz`, `/readyz`, `/metrics`. */
export function answerOfEdge(
  { url }: IncomingMessage,
  response: ServerResponse,
  edge: FollowedEdge,
): void {
  if (url === "/healthz") sendText(response, 200, "alive\n");
  else if (url === "/readyz") {
    if (edge.answers) sendText(response, 200, "ready\n");
    else sendText(response, 503, "HAProxy does not answer\n");
  } else if (url === "/metrics") sendMetrics(response, metricsOf(edge));
  else sendText(response, 404, "not found\n");
}

function metricsOf(edge: FollowedEdge): string {
  const alarms = edge.alarms();
  const families = [
    gauge(
      "edge_answers",
      "Whether that HAProxy answered when it was asked last.",
      edge.answers ? 1 : 0,
    ),
    {
      name: "edge_alarms",
      type: "counter" as const,
      help: "Windows in which a rule turned away too many machines with good tickets.",
      samples: rulesTold.map((rule) => ({ labels: { rule }, value: alarms[rule] })),
    },
    ...edgeFamilies(edge.stats()),
  ];
  return openMetricsText(families.map((each) => ({ ...each, name: `causeway_${each.name}` })));
}
