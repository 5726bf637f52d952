import { type Clock, type Delivery, RouteError } from "@causeway/kernel";
import { retryAfterMs } from "./answer.ts";
import { Cancel, over } from "./cancel.ts";
import { entranceLimits } from "./entrances.ts";
import type { Route } from "./route.ts";

/** The ways to a route: the address that all know, or a private entrance. */
type Way = "public" | "entrance";

export interface EitherWay {
  readonly clock: Clock;
  readonly host: Route;
  /** Of the entrance. */
  readonly port: number;
  /** Ends both. */
  readonly cancel: Cancel;
  readonly ask: (way: Way, cancel: Cancel) => Promise<Delivery>;
  /** As long as one of them may ask us to stay away. */
  readonly restMsMax: number;
}

/** An answer's headers, and whose they are. */
export interface Answered {
  readonly delivery: Delivery;
  /** The port of the private entrance that answered; undefined when the public address did. */
  readonly entrance: number | undefined;
}

interface Lane {
  readonly way: Way;
  readonly cancel: Cancel;
  readonly startedAt: number;
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  /** What comes of it is of no interest any more. */
  over: boolean;
}

interface Outcome {
  readonly lane: Lane;
  readonly delivery?: Delivery;
  readonly error?: unknown;
}

/**
 * Asks a route over the way that was the better one lately, and over the other one, too, when that
 * fails or takes long (Dean and Barroso, "The Tail at Scale", 2013): one request more at the most,
 * and none at a public address that asked to be left alone. Where an entrance's answer has come to
 * nothing, the public address has as long as it needs, alone.
 * @throws {RouteError} what the public address did wrong, if it was asked
 */
export async function askEitherWay(ways: EitherWay): Promise<Answered> {
  const { clock, host, cancel } = ways;
  const first = start(ways, host.entrances.isBetter(clock.steady()) ? "entrance" : "public");
  const isAlone = first.way === "public" && host.entrances.isDoubted;
  let one = isAlone ? undefined : await soon(clock, hedgeMs(host), first.outcome);
  if (isAlone || !host.entrances.mayHedge(clock.steady())) one ??= await first.outcome;
  if (one !== undefined && isFinal(one)) return conclude(ways, [first], [one]);
  cancel.signal.throwIfAborted();
  const second = startSecond(ways, first, one !== undefined);
  if (second === undefined) return conclude(ways, [first], [one ?? (await first.outcome)]);
  const lanes = [first, second];
  const quicker = one ?? (await Promise.race([first.outcome, second.outcome]));
  if (isFinal(quicker)) return conclude(ways, lanes, [quicker]);
  const other = await (quicker.lane === first ? second : first).outcome;
  return conclude(ways, lanes, [quicker, other]);
}

function start(ways: EitherWay, way: Way): Lane {
  const cancel = new Cancel(ways.cancel.signal);
  const outcome: Promise<Outcome> = ways.ask(way, cancel).then(
    (delivery) => ({ lane, delivery }),
    (error: unknown) => ({ lane, error }),
  );
  const noted = outcome.then((settled) => {
    // At once: another request may be about to ask who asks for rest.
    if (!lane.over && !ways.cancel.signal.aborted) note(ways, settled);
    return settled;
  });
  const startedAt = ways.clock.steady();
  const lane: Lane = { way, cancel, startedAt, outcome: noted, over: false };
  return lane;
}

function note({ clock, host, port, restMsMax }: EitherWay, outcome: Outcome): void {
  const { lane, delivery } = outcome;
  const { entrances } = host;
  const now = clock.steady();
  const restMs = (delivery && retryAfterMs(delivery.headers, restMsMax, clock)) ?? 0;
  // Who refuses is there, however long the entrance then says nothing.
  if (delivery && lane.way === "public") host.answered(now - lane.startedAt, undefined);
  if (isGood(outcome)) entrances.answered(lane.way, delivery?.status !== 404, now);
  else if (lane.way === "public") entrances.restPublic(now + restMs);
  else putAside(host, port, now, restMs);
}

function putAside(host: Route, port: number, now: number, restMs: number): void {
  const { entrances } = host;
  entrances.failed(port, now + Math.max(restMs, entranceLimits.asideMs));
  // Then there is no way to it that has not asked for rest.
  if (entrances.next(now) === undefined) host.rest(entrances.restUntil);
}

/** @param failed whether the first has failed; else it only takes long */
function startSecond(ways: EitherWay, { way }: Lane, failed: boolean): Lane | undefined {
  const now = ways.clock.steady();
  const { host, port } = ways;
  const { entrances } = host;
  // They may have asked another request for rest meanwhile.
  if (host.restUntil > now) return undefined;
  if (way === "public" && entrances.next(now) !== port) return undefined;
  if (way === "entrance" && entrances.publicRestUntil > now) return undefined;
  const isRetry = way === "entrance" && failed; // what was asked before is asked as ever
  if (!isRetry && !entrances.mayHedge(now)) return undefined;
  entrances.hedged(now);
  return start(ways, way === "public" ? "entrance" : "public");
}

/** How long the first has before the second is asked. */
function hedgeMs({ firstTripMs, recalled }: Route): number {
  const { hedgeMs: least, hedgeMsMax, hedgeTrips } = entranceLimits;
  const tripMs = firstTripMs ?? recalled.latencyMs ?? 0;
  return Math.min(hedgeMsMax, Math.max(least, hedgeTrips * tripMs));
}

/** Undefined when it takes longer. */
async function soon(
  clock: Clock,
  ms: number,
  outcome: Promise<Outcome>,
): Promise<Outcome | undefined> {
  const timer = new AbortController();
  const alarm = clock.sleep(ms, timer.signal).then(() => undefined);
  try {
    return await Promise.race([outcome, alarm]);
  } finally {
    timer.abort(over);
  }
}

/** Ends what is not needed, and gives the answer that counts. */
function conclude(ways: EitherWay, lanes: readonly Lane[], ended: readonly Outcome[]): Answered {
  const chosen = ended.find(isFinal) ?? ended.find(({ lane }) => lane.way === "public");
  for (const lane of lanes) if (lane !== chosen?.lane) end(ways, lane);
  if (chosen === undefined) {
    const text = "has asked to be left alone, and its private entrance is of no use";
    const [{ error: cause } = {}] = ended;
    throw new RouteError("ROUTE_UNREACHABLE", ways.host.id, text, { cause });
  }
  if (chosen.delivery === undefined) throw chosen.error;
  const entrance = chosen.lane.way === "entrance" ? ways.port : undefined;
  return { delivery: chosen.delivery, entrance };
}

function end({ clock, host, port }: EitherWay, lane: Lane): void {
  lane.over = true;
  lane.cancel.cancel(over);
  void lane.outcome.then(({ delivery }) => delivery?.close());
  const now = clock.steady();
  // One that said nothing for so long may be flooded: the next time it is another's turn.
  const isSlow = now - lane.startedAt >= hedgeMs(host);
  if (lane.way !== "entrance") return;
  if (host.entrances.beaten() || isSlow) putAside(host, port, now, 0);
}

/** True when nothing else is to be waited for: a good answer, or what is no fault of a route. */
function isFinal(outcome: Outcome): boolean {
  const { delivery, error } = outcome;
  return isGood(outcome) || (delivery === undefined && !(error instanceof RouteError));
}

/**
 * What only the public address can know is believed of nobody else: an entrance has a file, or a
 * part of it, or says that there is none. Of a file it says how long it is, as every origin does: who has
 * its port by now could send zeros for long where no document tells the length of the next.
 */
function isGood({ lane, delivery }: Outcome): boolean {
  if (delivery === undefined) return false;
  const { status, headers } = delivery;
  if (lane.way === "entrance") {
    return status === 404 || ([200, 206].includes(status) && headers.has("content-length"));
  }
  return status < 400 || [404, 410, 416].includes(status);
}
