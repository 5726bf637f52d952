import type { MetricFamily } from "../openmetrics.ts";
import { type EdgeRefusal, type EdgeStats, edgeRefusals } from "./edge-stats.ts";
import type { EdgeState } from "./edge-supervisor.ts";

/** What an origin tells of the HAProxy in front that it started. */
export function edgeFamilies(
  { inFront, restarts }: EdgeState,
  stats: EdgeStats,
): readonly MetricFamily[] {
  const refused = (reason: EdgeRefusal) => ({ labels: { reason }, value: stats.refused[reason] });
  return [
    gauge(
      "edge_in_front",
      "Whether the HAProxy that this origin started stands in front; 0: Node serves alone.",
      inFront ? 1 : 0,
    ),
    counter("edge_restarts", "How often that HAProxy was started again after it died.", restarts),
    counter("edge_requests", "Requests that came to that HAProxy.", stats.requests),
    {
      name: "edge_requests_refused",
      type: "counter",
      help: "Requests that it refused or dropped by itself, by reason.",
      samples: edgeRefusals.map(refused),
    },
    {
      ...counter("edge_sent_bytes", "Bytes that it sent to clients.", stats.sentBytes),
      unit: "bytes",
    },
    counter("edge_connections_accepted", "Connections that it accepted.", stats.accepted),
    counter("edge_connections_dropped", "Connections that it closed unheard.", stats.dropped),
    gauge("edge_connections", "Connections of clients that it holds.", stats.now.open),
    gauge("edge_waiting", "Requests that wait there for their turn.", stats.now.waiting),
  ];
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, type: "gauge", help, samples: [{ value }] };
}

function counter(name: string, help: string, value: number): MetricFamily {
  return { name, type: "counter", help, samples: [{ value }] };
}
