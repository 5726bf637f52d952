import { invariant, type Place } from "@causeway/kernel";
import { storedName } from "@causeway/trust";
import { type ClientOptions, withRun } from "../client.ts";
import { clientLimits } from "../limits.ts";
import { readKnownList } from "../metadata/route-list.ts";
import { RetryBudget } from "../routes/retry-budget.ts";

/** What a machine knows before it asks anybody. */
export interface KnownForProbes {
  /** Those that a run would have, none of which is retired or a reserve. */
  readonly routes: readonly {
    /** May hold credentials, so it is never shown. */
    readonly url: string;
    /** The same without them. */
    readonly id: string;
    readonly isDraining: boolean;
    /** The nearest place that it may lead to; absent: any. */
    readonly reach?: Place;
  }[];
  readonly roots: readonly [Uint8Array, ...Uint8Array[]];
  /** Of root, timestamp, snapshot and targets, as far as they are trusted: no older one is taken. */
  readonly versions: ReadonlyMap<string, number>;
  /** True of a route's URL that is never asked. */
  readonly isGone: (base: URL) => boolean;
  /** Of targets roles whose files are here: of a patch of theirs bytes can be asked for. */
  readonly lengthOf: (role: string) => number | undefined;
}

/**
 * Reads what a client's state knows of routes, given, announced and listed, but for reserves. Nobody is
 * asked.
 * @throws {UsageError} `USAGE_TRUST_MISSING`, `USAGE_ROUTES_RETIRED`, `USAGE_ARGUMENT` when it knows none
 * @throws {HostError} {Interrupted}
 */
export async function readKnown(
  options: ClientOptions,
  signal: AbortSignal,
): Promise<KnownForProbes> {
  const shared = { ...options, retries: new RetryBudget() };
  return withRun({ client: clientLimits }, shared, signal, async ({ routes, state }) => {
    const signed = await readKnownList(state);
    const listed = new Set<string>(signed?.routes.flatMap(({ urls }) => urls));
    const live = routes.all.filter(({ id, standing }) => {
      // A reserve sees nobody before it is needed, or who watches finds it.
      const isReserve = standing.draining && !standing.given && !listed.has(id);
      return !isReserve && !standing.retirement.aborted;
    });
    const [first, ...later] = state.roots.values();
    invariant(first !== undefined, "a state trusts a root, or was not opened");
    const kept = new Set(await options.state.list("metadata"));
    const isRetired = routes.all[0]?.standing.isRetired;
    return {
      routes: live.map(({ base, id, standing }) => ({
        url: base.href,
        id,
        isDraining: standing.draining,
        ...(standing.reach && { reach: standing.reach }),
      })),
      roots: [first, ...later],
      versions: state.set.versions(),
      isGone: (base) => isRetired?.(base) === true,
      lengthOf: (role) => (kept.has(storedName(role)) ? 0 : undefined),
    };
  });
}
