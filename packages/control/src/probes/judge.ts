import type { ProbeFault } from "@causeway/client/internal/probe";
import { type Instant, RouteError } from "@causeway/kernel";
import { type ProbedRoute, type ProbedUrl, type Round, type Verdict, verdicts } from "./probed.ts";

/** The days that a certificate has left, before it is told of. */
const certificateDaysMin = 14;
const dayMs = 86_400_000;

/** @param knows whether the route has shown a valid timestamp */
export function verdictOf(fault: ProbeFault | undefined, knows: boolean): Verdict {
  if (fault === undefined) return "ok";
  const { code } = fault.error;
  if (code.startsWith("PROXY_")) return "unknown";
  if (code === "ROUTE_MISSING" && knows) return "half-updated";
  if (code === "ROUTE_REFUSED" && !isAstray(fault)) return "refused";
  return fault.health;
}

/** A redirect to where it may not lead is no refusal. */
function isAstray({ error }: ProbeFault): boolean {
  return error instanceof RouteError && (error.astray || error.misled);
}

/** What a route is, whose URLs are so: clients take the best of them, and nothing of a liar. */
export function verdictOfAll(urls: readonly Pick<ProbedUrl, "verdict">[]): Verdict {
  const ranks = urls.map(({ verdict }) => verdicts.indexOf(verdict));
  const lying = verdicts.indexOf("lying");
  return verdicts[ranks.includes(lying) ? lying : Math.min(...ranks)] ?? "unknown";
}

/** Whole days that are left until then; negative when it is past. */
export function daysLeft(until: Instant, now: Instant): number {
  return Math.floor((until - now) / dayMs);
}

/** What all of it comes to, the worst that holds. */
export type Conclusion = "good" | "faulty" | "unreachable" | "lying";

export function conclude(round: Round): Conclusion {
  const { routes, retired, ownFault, at } = round;
  if (routes.some(({ verdict }) => verdict === "lying")) return "lying";
  if (looksCutOff(routes)) return "unreachable";
  const isRouteFine = ({ verdict, urls }: ProbedRoute): boolean => {
    return verdict === "ok" && urls.every((url) => url.verdict === "ok" && !endsSoon(url, at));
  };
  const areGone = retired.every(({ addresses, why }) => addresses.length === 0 && why === null);
  return routes.every(isRouteFine) && areGone && ownFault === null ? "good" : "faulty";
}

/** True when nothing answers at all: then it is most likely our own network. */
export function looksCutOff(routes: readonly Pick<ProbedRoute, "verdict">[]): boolean {
  return (
    routes.length > 0 && routes.every(({ verdict }) => verdict === "dead" || verdict === "unknown")
  );
}

export function endsSoon({ certificateUntil }: ProbedUrl, now: Instant): boolean {
  return certificateUntil !== null && daysLeft(certificateUntil, now) < certificateDaysMin;
}
