import type { Handler } from "../exchange.ts";
import type { SourceMeter } from "./source-meter.ts";

/** Counts where each request comes from, whatever becomes of it. */
export function countSources(next: Handler, meter: SourceMeter): Handler {
  return (exchange) => {
    if (exchange.client !== undefined) meter.count(exchange.client);
    return next(exchange);
  };
}
