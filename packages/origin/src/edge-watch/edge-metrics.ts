import { counter, gauge, type MetricFamily } from "../openmetrics.ts";
import { type EdgeRefusal, type EdgeStats, edgeRefusals } from "./edge-stats.ts";

/** What is told of any HAProxy of ours, whoever started it. */
export function edgeFamilies(stats: EdgeStats): readonly MetricFamily[] {
  const refused = (reason: EdgeRefusal) => ({ labels: { reason }, value: stats.refused[reason] });
  return [
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
    gauge(
      "edge_ticketed_machines",
      "Machines that showed it good tickets in the last minute.",
      stats.now.ticketed,
    ),
  ];
}
