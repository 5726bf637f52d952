export { type Answer, type ExchangePorts, type ExchangeRequest, exchange } from "./exchange.ts";
export { type ClientLimits, clientLimits, type ExchangeLimits } from "./limits.ts";
export * from "./route.ts";
