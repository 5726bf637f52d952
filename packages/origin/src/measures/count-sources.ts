import type { Handler } from "../exchange.ts";
import type { SourceMeter } from "./source-meter.ts";

/** Counts where each request comes from, whatever becomes of it. */
export function countSources(next: Handler, meter: SourceMeter): Handler {
  return (exchange) => {
    const { remoteAddress } = exchange.request.socket;
    if (remoteAddress !== undefined) meter.count(remoteAddress);
    return next(exchange);
  };
}
