import type { Instant, RouteState } from "@causeway/kernel";
import { looksCutOff, verdictOfAll } from "./judge.ts";
import type { ProbePolicy } from "./policy.ts";
import type { Verdict } from "./probed.ts";

/** What each route was found to be in one round. */
export interface RoundVerdicts {
  readonly at: Instant;
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

/** A change of the list that probes have made. */
export interface MadeChange {
  readonly at: Instant;
  readonly id: string;
  readonly kind: "drain" | "restore";
}

export interface ProbeSituation {
  /** Those of the list that everybody may read of. */
  readonly routes: readonly { readonly id: string; readonly state: RouteState }[];
  /** The newest first. */
  readonly rounds: readonly RoundVerdicts[];
  /** The newest first. */
  readonly changes: readonly MadeChange[];
  readonly now: Instant;
}

/** A change that what was found speaks for. */
export interface Proposal {
  readonly kind: "drain" | "restore";
  readonly id: string;
  readonly why: string;
  /** Why it is not made without being asked; null when it is. */
  readonly held: string | null;
}

export interface Proposals {
  /** Nothing answers at all, so it is most likely our own network: nothing is proposed. */
  readonly isCutOff: boolean;
  readonly proposals: readonly Proposal[];
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const doublingsMax = 3;
const failing: ReadonlySet<Verdict> = new Set(["slow", "refused", "half-updated", "dead", "lying"]);

/** How many rounds may be looked back on. */
export function roundsNeeded({ drain, restore }: ProbePolicy): number {
  return Math.max(drain.rounds, restore.rounds * 2 ** doublingsMax);
}

/** Sights of rounds, whatever their order, as the routes' verdicts, the newest round first. */
export function verdictsByRound(
  sights: readonly { readonly at: Instant; readonly id: string; readonly verdict: Verdict }[],
): readonly RoundVerdicts[] {
  const rounds = Map.groupBy(sights, ({ at }) => at);
  const all = [...rounds].map(([at, seen]) => {
    const routes = Map.groupBy(seen, ({ id }) => id);
    return { at, verdicts: new Map([...routes].map(([id, urls]) => [id, verdictOfAll(urls)])) };
  });
  return all.toSorted((a, b) => b.at - a.at);
}

/**
 * What is to be changed in the list. Routes are drained and restored, and never retired: that is for
 * good, and for people.
 */
export function propose(all: ProbeSituation, policy: ProbePolicy): Proposals {
  // A clock that was ahead for a while left what would count as the newest until then.
  const isPast = ({ at }: { readonly at: Instant }): boolean => at <= all.now;
  const rounds = all.rounds.filter(isPast);
  const situation = { ...all, rounds, changes: all.changes.filter(isPast) };
  const [newest] = rounds;
  if (newest === undefined) return { isCutOff: false, proposals: [] };
  if (isCutOff(newest)) return { isCutOff: true, proposals: [] };
  return { isCutOff: false, proposals: new Proposing(situation, policy).all() };
}

/**
 * Drains of probes that people have taken back, as the changes that they made. A route that they
 * drain after that is not for probes to restore.
 */
export function takenBack({
  routes,
  changes,
  now,
}: Omit<ProbeSituation, "rounds">): readonly MadeChange[] {
  return routes.flatMap(({ id, state }): readonly MadeChange[] => {
    const last = changes.find((change) => change.id === id);
    const isTakenBack = state === "active" && last?.kind === "drain";
    return isTakenBack ? [{ at: now, id, kind: "restore" }] : [];
  });
}

function isCutOff({ verdicts }: RoundVerdicts): boolean {
  return looksCutOff([...verdicts.values()].map((verdict) => ({ verdict })));
}

class Proposing {
  readonly #situation: ProbeSituation;
  readonly #policy: ProbePolicy;
  /** Rounds that tell of the routes, and not of our own network. */
  readonly #rounds: readonly RoundVerdicts[];
  #active: number;
  #left: number;

  constructor(situation: ProbeSituation, policy: ProbePolicy) {
    this.#situation = situation;
    this.#policy = policy;
    this.#rounds = situation.rounds.filter((round) => !isCutOff(round));
    this.#active = situation.routes.filter(({ state }) => state === "active").length;
    const lately = situation.changes.filter(({ at }) => at > situation.now - hourMs);
    this.#left = policy.changesPerHour - lately.length;
  }

  all(): readonly Proposal[] {
    const { routes } = this.#situation;
    // Restored ones first: they make room for drains.
    const restores = routes.flatMap(({ id, state }) => {
      const why = state === "draining" ? this.#restored(id) : undefined;
      return why === undefined ? [] : [this.#proposal("restore", id, why)];
    });
    const drains = routes.flatMap(({ id, state }) => {
      const why = state === "active" ? this.#drained(id) : undefined;
      return why === undefined ? [] : [this.#proposal("drain", id, why)];
    });
    return [...restores, ...drains];
  }

  /** Why a route should be drained. */
  #drained(id: string): string | undefined {
    const { failures, rounds, staleForMs } = this.#policy.drain;
    const seen = this.#seen(id);
    const lately = seen.slice(0, rounds);
    const failed = lately.filter(({ verdict }) => failing.has(verdict));
    const [last] = lately;
    if (last === undefined) return undefined;
    if (failed.length >= failures && failing.has(last.verdict)) {
      return `${last.verdict}, and failed in ${failed.length} of ${lately.length} rounds`;
    }
    const fresh = seen.findIndex(({ verdict }) => verdict !== "stale");
    const stale = fresh < 0 ? seen : seen.slice(0, fresh);
    const since = stale.at(-1)?.at ?? last.at;
    if (stale.length < 2 || last.at - since < staleForMs) return undefined;
    return `stale for ${Math.floor((last.at - since) / 60_000)} min`;
  }

  /** Why a draining route should be active again. */
  #restored(id: string): string | undefined {
    const { now, changes } = this.#situation;
    const drains = changes.filter((change) => {
      return change.id === id && change.kind === "drain" && change.at > now - dayMs;
    });
    const doublings = Math.min(doublingsMax, Math.max(0, drains.length - 1));
    const needed = this.#policy.restore.rounds * 2 ** doublings;
    const good = this.#seen(id).slice(0, needed);
    const areGood = good.length === needed && good.every(({ verdict }) => verdict === "ok");
    return areGood ? `ok in ${needed} rounds in a row` : undefined;
  }

  #seen(id: string): readonly { readonly at: Instant; readonly verdict: Verdict }[] {
    return this.#rounds.flatMap(({ at, verdicts }) => {
      const verdict = verdicts.get(id);
      return verdict === undefined || verdict === "unknown" ? [] : [{ at, verdict }];
    });
  }

  #proposal(kind: Proposal["kind"], id: string, why: string): Proposal {
    const held = this.#held(kind, id);
    if (held === null) {
      this.#left--;
      this.#active += kind === "drain" ? -1 : 1;
    }
    return { kind, id, why, held };
  }

  #held(kind: Proposal["kind"], id: string): string | null {
    const { minimumActive, settleMs, changesPerHour, ...policy } = this.#policy;
    const { changes, now } = this.#situation;
    if (kind === "drain" && !this.#mayLose(id)) {
      return `fewer than ${minimumActive} active routes would be left, or none that is ok`;
    }
    if (!policy[kind].isAutomatic) return "the policy leaves it to people";
    const last = changes.find((change) => change.id === id);
    if (kind === "restore" && last?.kind !== "drain") return "it was not drained by probes";
    if (last !== undefined && last.at > now - settleMs) return "it was changed a short while ago";
    return this.#left > 0 ? null : `${changesPerHour} changes were made within an hour`;
  }

  #mayLose(id: string): boolean {
    const { routes } = this.#situation;
    const others = routes.filter((route) => route.id !== id && route.state === "active");
    const newest = this.#rounds[0]?.verdicts;
    const isAnyFine = others.some((route) => newest?.get(route.id) === "ok");
    return isAnyFine && this.#active - 1 >= this.#policy.minimumActive;
  }
}
