export * from "./client.ts";
export type * from "./download/download-event.ts";
export type { OldFile } from "./download/old-file.ts";
export { type DownloadLimits, downloadLimits } from "./download-limits.ts";
export {
  type ClientLimits,
  clientLimits,
  type ExchangeLimits,
  type MetadataLimits,
} from "./limits.ts";
export type { ClockReport } from "./routes/clock-report.ts";
export {
  type Answer,
  type ExchangePorts,
  type ExchangeRequest,
  exchange,
} from "./routes/exchange.ts";
export {
  parseRoute,
  parseRoutes,
  Route,
  type RouteId,
  type RouteReport,
  type RouteState,
} from "./routes/route.ts";
