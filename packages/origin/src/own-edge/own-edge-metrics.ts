import { edgeFamilies } from "../edge-watch/edge-metrics.ts";
import type { EdgeStats } from "../edge-watch/edge-stats.ts";
import { counter, gauge, type MetricFamily } from "../openmetrics.ts";
import type { EdgeState } from "./edge-supervisor.ts";

/** What an origin tells of the HAProxy in front that it started. */
export function ownEdgeFamilies(
  { inFront, restarts }: EdgeState,
  stats: EdgeStats,
): readonly MetricFamily[] {
  return [
    gauge(
      "edge_in_front",
      "Whether the HAProxy that this origin started stands in front; 0: Node serves alone.",
      inFront ? 1 : 0,
    ),
    counter("edge_restarts", "How often that HAProxy was started again after it died.", restarts),
    ...edgeFamilies(stats),
  ];
}
