export { defaultLimits, type OriginLimits } from "./limits.ts";
export { descriptorLog, type Log, type LogEntry, type LogLevel, logLine } from "./log.ts";
export { type Origin, type OriginOptions, startOrigin } from "./origin.ts";
