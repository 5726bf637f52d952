import type { KnownForProbes } from "@causeway/client/internal/probe";
import type { RoundOrder } from "./probe-round.ts";

/** What to probe of a customer's machine: nothing that is retired, and no name is looked up. */
export function knownRound(
  known: KnownForProbes,
): Pick<RoundOrder, "routes" | "roots" | "trusted" | "isGone" | "lengthOf"> {
  const { routes, roots, versions: trusted, isGone, lengthOf } = known;
  return {
    routes: routes.map(({ url, id, isDraining, reach }) => {
      const state = isDraining ? "draining" : "active";
      return { id, urls: [url], state, ...(reach && { reach }) } as const;
    }),
    roots,
    trusted,
    isGone,
    lengthOf,
  };
}
