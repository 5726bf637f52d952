import type { ClientLimits, ExchangeLimits } from "../../src/limits.ts";
import { clientLimits } from "../../src/limits.ts";

/** Deadlines that loopback meets with ease, and that tests can wait for. */
export const quickExchange: ExchangeLimits = {
  ...clientLimits.exchange,
  answerMs: 500,
  stallMs: 400,
  rateWindowMs: 300,
};

export const quickLimits: ClientLimits = {
  ...clientLimits,
  exchange: quickExchange,
  metadata: { ...clientLimits.metadata, hedgeMs: 60, secondOpinionMs: 2_000 },
};
