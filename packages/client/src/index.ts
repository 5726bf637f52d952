export * from "./client.ts";
export type { ClockReport } from "./clock-report.ts";
export type * from "./download-event.ts";
export { type DownloadLimits, downloadLimits } from "./download-limits.ts";
export { type Answer, type ExchangePorts, type ExchangeRequest, exchange } from "./exchange.ts";
export {
  type ClientLimits,
  clientLimits,
  type ExchangeLimits,
  type MetadataLimits,
} from "./limits.ts";
export type { OldFile } from "./old-file.ts";
export {
  parseRoute,
  parseRoutes,
  Route,
  type RouteId,
  type RouteReport,
  type RouteState,
} from "./route.ts";
