import { RouteError, type TransportRequest } from "@causeway/kernel";
import { shown } from "../routes/route.ts";
import { errnoOf } from "./internal/host-error.ts";

const reasons: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "refuses the connection"],
  ["ECONNRESET", "reset the connection"],
  ["EPIPE", "reset the connection"],
  ["ETIMEDOUT", "does not take the connection"],
  ["EHOSTUNREACH", "cannot be reached from here"],
  ["ENETUNREACH", "cannot be reached from here"],
  ["ENOTFOUND", "has a name that is not known"],
  ["EAI_AGAIN", "has a name that cannot be looked up now"],
  ["HPE_HEADER_OVERFLOW", "sent too many headers"],
]);

/** The connection was over before the request was read: it goes out over another one. */
export class StaleConnection extends Error {
  constructor(cause: unknown) {
    super("the connection is stale", { cause });
  }
}

/** In our words, when it is a failure that we know. */
export function reasonOf(cause: unknown): string | undefined {
  const errno = errnoOf(cause) ?? "";
  const noTls = /^(?:EPROTO$|ERR_SSL_)/.test(errno);
  return noTls ? "does not speak TLS that we know (is it http, not https?)" : reasons.get(errno);
}

/** What the failure of a request is to our callers. */
export function unreachable(request: TransportRequest, cause: unknown): RouteError {
  if (cause instanceof RouteError) return cause; // a proxy's
  const errno = errnoOf(cause);
  const known = reasonOf(cause);
  const text = (cause instanceof Error && cause.message.trim()) || String(errno);
  const foreign = /^(?:HPE_|ERR_HTTP2_(?:ERROR|SESSION_ERROR)$)/.test(errno ?? "");
  const what = known ?? (foreign ? "does not speak HTTP" : text);
  const reset = isReset(cause);
  return new RouteError("ROUTE_UNREACHABLE", shown(request.url), what, { cause, reset });
}

/** What the failure of an answer's body is. */
export function broken(request: TransportRequest, cause: unknown): RouteError {
  const text = `broke the connection (${errnoOf(cause) ?? String(cause)})`;
  return new RouteError("ROUTE_TRUNCATED", shown(request.url), text, { cause });
}

export function isReset(cause: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes(errnoOf(cause) ?? "");
}
