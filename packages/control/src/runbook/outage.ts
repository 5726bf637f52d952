import type { Instant } from "@causeway/kernel";
import { looksCutOff } from "../probes/judge.ts";
import type { Verdict } from "../probes/probed.ts";
import { verdictsByRound } from "../probes/propose.ts";
import type { Sample } from "./condition.ts";

const isOut: Readonly<Record<Verdict, boolean>> = {
  ok: false,
  slow: false,
  unknown: false,
  refused: true,
  stale: true,
  "half-updated": true,
  dead: true,
  lying: true,
};

/**
 * For each round of probes that tells of the route, 1 when clients had to go elsewhere, else 0. In
 * rounds in which our own network was in the way nobody knows: the newest one is no outage, and
 * earlier ones, or those of one route that somebody looked at by hand, count for nothing.
 */
export function outageOf(
  route: string,
  sights: readonly { readonly at: Instant; readonly id: string; readonly verdict: Verdict }[],
): readonly Sample[] {
  return verdictsByRound(sights).flatMap(({ at, verdicts }, age): readonly Sample[] => {
    const verdict = verdicts.get(route);
    if (verdict === undefined) return [];
    const isOurs = looksCutOff([...verdicts.values()].map((each) => ({ verdict: each })));
    if (isOurs && age > 0) return [];
    return [{ at, value: isOut[verdict] && !isOurs ? 1 : 0 }];
  });
}
