import type { ClientLimits, ExchangeLimits } from "../../src/limits.ts";
import { clientLimits } from "../../src/limits.ts";

/** Deadlines that loopback meets with ease, and that tests can wait for. */
export const quickExchange: ExchangeLimits = {
  ...clientLimits.exchange,
  answer: { firstMs: 500, minMs: 500, maxMs: 500 },
  silence: { firstMs: 400, minMs: 400, maxMs: 400 },
  rateWindowMs: 300,
};

export const quickLimits: ClientLimits = {
  ...clientLimits,
  exchange: quickExchange,
  metadata: {
    ...clientLimits.metadata,
    hedgeMs: 60,
    secondOpinionMs: 2_000,
    backoffMs: { base: 20, max: 200 },
  },
};
