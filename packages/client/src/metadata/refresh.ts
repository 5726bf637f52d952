import { RouteError, TrustError, toUtcSecond } from "@causeway/kernel";
import type { TrustedSet } from "@causeway/trust";
import { hostTimes } from "../routes/host-times.ts";
import { type Asked, Asking } from "./asking.ts";
import { type Attempt, compareStates, newestOf, stateVersion } from "./attempt.ts";
import { agreeMs, type JudgedTime, judgeTime } from "./judge-time.ts";
import { failedOverAll, type Run } from "./metadata.ts";
import type { TrustState } from "./trust-state.ts";

/** A state that some routes lead to, while others may still show that they know something newer. */
export interface EarlyState {
  readonly time: JudgedTime;
  /** Resolves when all others had their time: true when one of them is ahead of this state. */
  readonly superseded: Promise<boolean>;
  /**
   * Once that is known: makes the newest state the trusted one, and judges the time by all.
   * Nobody else may work on the state meanwhile. Throws as `refreshState`.
   */
  settle(): Promise<JudgedTime>;
  /** Asks nobody any more. */
  end(): void;
}

/**
 * Brings the trusted state to the newest that any route has (TUF 1.0.34 section 5.3 to 5.6). Each
 * route is a transaction of its own, so pieces of two routes never mix. When one is through, the
 * others may show that they know something newer: a frozen route is found, not believed. When all
 * that they have looks expired, and it is the local clock that is ahead, they are asked again.
 * @returns the time by which expiry is to be judged from here on
 * @throws {NoRouteDelivered} no route had a whole valid state; what is trusted stays
 */
export async function refreshState(run: Run): Promise<JudgedTime> {
  return concludeRefresh(run, await new Asking(run, run.now).all());
}

/**
 * As `refreshState`, but beside routes that take long to say anything it resolves before, with
 * what the others agree on: a hanging route must not hold up a download that it cannot stop.
 */
export async function refreshEarly(run: Run): Promise<JudgedTime | EarlyState> {
  const asking = new Asking(run, run.now);
  const near = await asking.near();
  const early = newestOf(near.whole);
  const time = judge(run, near.attempts);
  const isSound = early !== undefined && time.by === "local" && !faultOf(early, time);
  if (asking.isOver || !isSound) return concludeRefresh(run, await asking.all());
  try {
    await run.state.accept(early.set, early.accepted);
  } catch (error) {
    asking.end();
    throw error;
  }
  const asked = asking.all().then((all) => beyond(early.set, all));
  const superseded = asked.then(({ whole }) => {
    return whole.some(({ set }) => compareStates(set, early.set) > 0);
  });
  superseded.catch(() => undefined); // whoever asks for it is told
  return {
    time,
    superseded,
    settle: async () => concludeRefresh(run, await asked, early.set),
    end: () => asking.end(),
  };
}

/**
 * Routes began from the state that was trusted then. What goes beyond `early`, which is trusted
 * since, must not take any role of it back: a stolen key may sign just that.
 */
function beyond(early: TrustedSet, { attempts, whole }: Asked): Asked {
  const sound = whole.filter((attempt) => {
    if (compareStates(attempt.set, early) <= 0) return true;
    try {
      attempt.rebase();
      return true;
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      attempt.route.strike(error);
      return false;
    }
  });
  return { attempts, whole: sound };
}

/** @param known is the trusted state already */
async function concludeRefresh(run: Run, first: Asked, known?: TrustedSet): Promise<JudgedTime> {
  const time = judge(run, first.attempts);
  const isClockAhead = time.now < run.state.set.trustedTime(run.now);
  if (first.whole.length > 0 || !isClockAhead || !someExpired(run)) {
    return settle(run, first, time, known);
  }
  for (const route of run.routes.all) route.forgive("TRUST_EXPIRED");
  const second = await new Asking(run, time.now).all();
  const attempts = [...first.attempts, ...second.attempts];
  return settle(run, { attempts, whole: second.whole }, judge(run, attempts));
}

function someExpired({ routes }: Run): boolean {
  return routes.all.some((route) => route.error?.code === "TRUST_EXPIRED");
}

function judge({ state, routes, now }: Run, attempts: readonly Attempt[]): JudgedTime {
  const sets = [state.set, ...attempts.map(({ set }) => set)];
  const signed = sets.flatMap(({ newestSignedAt }) => newestSignedAt ?? []);
  return judgeTime({
    local: now,
    newestSigned: signed.length === 0 ? undefined : Math.max(...signed),
    lastExpiry: Math.max(...sets.map(({ lastExpiry }) => lastExpiry)),
    hosts: hostTimes(routes.all),
  });
}

/** Makes the newest state the trusted one, unless it has expired by now. */
async function settle(
  run: Run,
  { attempts, whole }: Asked,
  judged: JudgedTime,
  known?: TrustedSet,
): Promise<JudgedTime> {
  const { state } = run;
  const best = newestOf(whole);
  const time = best === undefined ? judged : withFolders(run, whole, best, judged);
  const fault = best === undefined ? undefined : faultOf(best, time);
  if (best === undefined || fault !== undefined) {
    if (fault !== undefined) for (const { route } of whole) route.strike(fault);
    if (known === undefined) await keepProgress(state, attempts);
    throw noNews(run, time);
  }
  // What was looked up meanwhile in a state that is known is to stay.
  const isNews = known === undefined || compareStates(best.set, known) !== 0;
  if (isNews) await state.accept(best.set, best.accepted);
  for (const { route, set } of whole) {
    if (compareStates(set, best.set) < 0) {
      const text = `has state ${stateVersion(set)}; ${stateVersion(state.set)} is out`;
      route.strike(new RouteError("ROUTE_STALE", route.id, text));
    }
  }
  return time;
}

/** A folder has no clock, so the hosts' word does not count against what it has. */
function withFolders(
  run: Run,
  whole: readonly Attempt[],
  best: Attempt,
  time: JudgedTime,
): JudgedTime {
  const isInFolder = whole.some(({ route, set }) => {
    return route.base.protocol === "file:" && compareStates(set, best.set) === 0;
  });
  if (!isInFolder || time.by !== "routes" || time.now <= run.now) return time;
  const now = best.set.trustedTime(run.now);
  return { ...time, now, by: now === run.now ? "local" : "signed" };
}

function faultOf(attempt: Attempt, { by, now }: JudgedTime): TrustError | undefined {
  if (by === "nothing") {
    const text = "cannot be judged: the clock is out of the question, and nobody tells the time";
    return new TrustError("TRUST_EXPIRED", "timestamp", text);
  }
  try {
    attempt.set.requireCurrent(now);
    return undefined;
  } catch (error) {
    if (error instanceof TrustError) return error;
    throw error;
  }
}

/**
 * Nobody had a whole state, but steps of the workflow may have been passed: they count, so that
 * nothing older is believed the next time.
 */
async function keepProgress(state: TrustState, attempts: readonly Attempt[]): Promise<void> {
  const furthest = newestOf(attempts.filter(({ accepted }) => accepted.length > 0));
  if (furthest !== undefined && compareStates(furthest.set, state.set) > 0) {
    await state.accept(furthest.set, furthest.accepted);
  }
}

function noNews(run: Run, { localAheadMs }: JudgedTime): Error {
  const { set } = run.state;
  const until = set.expires === undefined ? "" : `, good until ${toUtcSecond(set.expires)}`;
  const version = stateVersion(set);
  const known = version === 0 ? "nothing is known yet" : `known is state ${version}${until}`;
  const isOff = localAheadMs !== undefined && Math.abs(localAheadMs) > agreeMs;
  const clock = isOff ? `; this machine's clock says ${toUtcSecond(run.now)}, others do not` : "";
  return failedOverAll(run, `no route has a valid state of the repository (${known}${clock})`);
}
