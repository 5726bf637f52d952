import { type CausewayError, RouteError } from "@causeway/kernel";

/** What we found of a route in this run; what the vendor says of it is kernel's `RouteState`. */
export type RouteHealth = "ok" | "dead" | "slow" | "stale" | "lying";

/** True for a failure after which another route may do better. */
export function isRouteFault(error: unknown): error is CausewayError {
  if (!(error instanceof Error) || !("blame" in error)) return false;
  return error.blame === "route" || error.blame === "publisher";
}

/** True for a failure after which nothing that the route says in this run is worth anything. */
export function isLie(error: CausewayError): boolean {
  return stateAfter(error) === "lying";
}

/** The state of a route that failed so. */
export function stateAfter(error: CausewayError): Exclude<RouteHealth, "ok"> {
  switch (error.code) {
    case "ROUTE_STALLED":
      return "slow";
    case "ROUTE_STALE":
    case "TRUST_ROLLBACK":
    case "TRUST_EXPIRED":
      return "stale";
    case "ROUTE_UNREACHABLE":
    case "ROUTE_REFUSED":
    case "ROUTE_MISSING":
    case "ROUTE_TRUNCATED":
    case "PROXY_UNREACHABLE":
    case "PROXY_AUTHENTICATION":
    case "PROXY_REFUSED":
      return "dead";
    case "ROUTE_MISLABELLED":
      // All of a file of the right length is no lie; its bytes will be looked at.
      return error instanceof RouteError && error.rangeless ? "slow" : "lying";
    default:
      return "lying"; // ROUTE_LIED, ROUTE_ENDLESS, and what does not verify
  }
}
