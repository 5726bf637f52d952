export {
  type Checked,
  type CheckRequest,
  type Client,
  type ClientEvent,
  type ClientOptions,
  createClient,
  type GetRequest,
  type Got,
} from "./client.ts";
export type { DownloadEvent, PlanKind, RouteProgress } from "./download/download-event.ts";
export type { OldFile } from "./download/old-file.ts";
export { isNewer } from "./is-newer.ts";
export type { ClockReport } from "./metadata/clock-report.ts";
export { type LastPoll, nextPoll, type PollOutcome } from "./poll.ts";
export type { AnnouncementNews } from "./routes/announced/dropped.ts";
export type { FleetTicket } from "./routes/fleet-ticket.ts";
export { RetryBudget, type RetryLimits } from "./routes/retry-budget.ts";
export type { RouteReport, RouteUrl } from "./routes/route.ts";
export type { RouteHealth } from "./routes/route-fault.ts";
