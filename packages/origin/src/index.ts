export { defaultLimits, type OriginLimits } from "./limits.ts";
export { descriptorLog, type Log, type LogEntry, type LogLevel, logLine } from "./log.ts";
export { type Origin, type OriginOptions, startOrigin, type TicketOptions } from "./origin.ts";
export {
  type ListedTicketKey,
  listTicketKeys,
  rotateTicketKeys,
  type TicketKeysRotated,
} from "./shield/ticket-keys.ts";
