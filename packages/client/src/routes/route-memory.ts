import { type Clock, type Instant, type Random, type Store } from "@causeway/kernel";
import { orNothing } from "../or-nothing.ts";
import { type FleetTicket, firstTicket } from "./fleet-ticket.ts";
import { nothingRecalled, type Recalled, type Route } from "./route.ts";
import {
  decodeNotes,
  encodeNotes,
  notesLengthMax,
  nothingNoted,
  type RouteNote,
  type RouteNotes,
  type RouteRecord,
} from "./route-notes.ts";
import { type RouteTicket, ticketMsMax } from "./ticket.ts";

export const memoryLimits = {
  sleepMs: 60_000, // a server restarts in a minute; each further run without use doubles it
  // Beside a route that is frozen, the patch waits until one that was dead is asked again.
  sleepMsMax: 3_600_000,
  // A portal, or whoever is on the path, may ask for a day's rest in a route's name. After an
  // hour of it the route is asked once more if no other one delivers.
  strictRestMs: 3_600_000,
  restMsMax: 24 * 3_600_000,
  driftMs: 600_000, // a clock that was set back by less is still believed
} as const;

const file = "routes.json";
const roundingMs = 1; // of the wall clock, which must not make a rest shorter

/** What a run found of one route. */
export interface Seen {
  /** "untried" also when it was asked and another one was quicker. */
  readonly use: "useful" | "useless" | "untried";
  /** It asked to be left alone until this wall time. */
  readonly restUntil?: Instant;
  readonly bytesPerSecond?: number;
  readonly latencyMs?: number;
  /** One that is still good. */
  readonly ticket?: RouteTicket;
}

/** What to keep of a route after a run. `chance` is from 0 to 1, so that a fleet spreads. */
export function noteAfter(
  before: RouteNote | undefined,
  seen: Seen,
  now: Instant,
  chance: number,
): RouteNote | undefined {
  const { use, restUntil, ticket } = seen;
  if (use === "untried" && restUntil === undefined) {
    return ticket === undefined ? before : { triedAt: now, failures: 0, ...before, ticket };
  }
  const failures = use === "useful" ? 0 : (before?.failures ?? 0) + (use === "useless" ? 1 : 0);
  const { sleepMs, sleepMsMax } = memoryLimits;
  const ms = Math.min(sleepMs * 2 ** Math.min(failures - 1, 32), sleepMsMax) * (0.5 + chance);
  const bytesPerSecond = seen.bytesPerSecond ?? before?.bytesPerSecond;
  const latencyMs = seen.latencyMs ?? before?.latencyMs;
  // That its entrances have failed since is no word of its own.
  const old = use === "useless" ? before?.rest : undefined;
  const rest = restUntil === undefined ? old : restFrom(now, restUntil);
  return {
    triedAt: now,
    failures,
    ...(failures > 0 && { sleepUntil: now + Math.round(ms) }),
    ...(rest && { rest }),
    ...(bytesPerSecond !== undefined && { bytesPerSecond: Math.round(bytesPerSecond) }),
    ...(latencyMs !== undefined && { latencyMs: Math.round(latencyMs) }),
    ...(ticket && { ticket }),
  };
}

function restFrom(now: Instant, until: Instant): NonNullable<RouteNote["rest"]> {
  return { askedAt: now, until: Math.ceil(until) + roundingMs };
}

/** What the next run makes of a note; its times are those of the steady clock. */
export function recalled(note: RouteNote, now: Instant, steady: number): Recalled {
  const { failures, triedAt, rest, bytesPerSecond, latencyMs, ticket } = note;
  const { sleepMsMax, strictRestMs, restMsMax } = memoryLimits;
  const sleepUntil = Math.min(
    note.sleepUntil ?? Number.NEGATIVE_INFINITY,
    triedAt + sleepMsMax * 1.5,
  );
  const askedAt = rest?.askedAt ?? 0;
  const restMs = Math.min((rest?.until ?? 0) - askedAt, restMsMax);
  // A clock that was set back makes no rest longer than was asked for.
  const from = Math.min(askedAt, now);
  const restUntil = from + restMs;
  const strictUntil = from + Math.min(restMs, strictRestMs);
  return {
    failures,
    sleepUntil: steady + Math.max(sleepUntil, restUntil) - now,
    restUntil: steady + strictUntil - now,
    bytesPerSecond,
    latencyMs,
    ticket:
      ticket && ticket.until > now
        ? { text: ticket.text, until: steady + Math.min(ticket.until - now, ticketMsMax) }
        : undefined,
  };
}

/** What earlier runs found, as it is kept. */
export async function readNotes(store: Store, now: Instant): Promise<RouteRecord> {
  const bytes = await orNothing(store.read(file, notesLengthMax));
  return (bytes && decodeNotes(bytes, now, memoryLimits.driftMs)) ?? nothingNoted;
}

/** What is remembered of routes, in the state folder. Damaged or lost, it is only forgotten. */
export class RouteMemory {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #notes: RouteNotes;
  /** Whose turn it is among listed routes; undefined before there was a list. */
  turn: number | undefined;

  private constructor(store: Store, clock: Clock, { notes, turn }: RouteRecord) {
    this.#store = store;
    this.#clock = clock;
    this.#notes = notes;
    this.turn = turn;
  }

  static async open(store: Store, clock: Clock): Promise<RouteMemory> {
    return new RouteMemory(store, clock, await readNotes(store, clock.wall()));
  }

  /** Tells fresh routes what earlier runs found, and each which ticket was given by hand for it. */
  recall(routes: readonly Route[], given: readonly FleetTicket[] = []): void {
    const [wall, steady] = [this.#clock.wall(), this.#clock.steady()];
    for (const route of routes) {
      const note = this.#notes.get(route.id);
      const own = given.find(({ url }) => url === route.base.href);
      if (note === undefined && own === undefined) continue;
      const known = note === undefined ? nothingRecalled : recalled(note, wall, steady);
      route.recall({ ...known, ticket: firstTicket(known.ticket, own, wall, steady) });
    }
  }

  /** Keeps what this run has found so far. That it cannot be written keeps nobody from a patch. */
  async save(routes: readonly Route[], random: Random): Promise<void> {
    const notes = new Map(this.#notes);
    const now = this.#clock.wall();
    // When none is of any use, that says more of our own network.
    const someUseful = routes.some((route) => route.bytesKept > 0);
    for (const route of routes) {
      if (route.standing.isNeighbour) continue; // it is found anew each time, at another port
      const seen = this.#see(route, someUseful);
      const note = noteAfter(notes.get(route.id), seen, now, random.uint32() / 2 ** 32);
      if (note !== undefined) notes.set(route.id, note);
    }
    const { turn } = this;
    if (notes.size === 0 && turn === undefined) return;
    const isSecret = [...notes.values()].some(({ ticket }) => ticket !== undefined);
    const readers = isSecret ? "owner" : undefined;
    await orNothing(this.#store.write(file, encodeNotes({ notes, turn }), readers));
  }

  #see(route: Route, someUseful: boolean): Seen {
    const { bytesPerSecond, latencyMs, ticket } = route;
    const restUntil = Math.max(route.restUntil, route.entrances.publicRestUntil);
    const restMs = restUntil - this.#clock.steady();
    const ticketMs = (ticket?.until ?? 0) - this.#clock.steady();
    const use = useOf(route, someUseful);
    // What was of use while it was to rest was an entrance.
    const tells = restUntil > route.recalled.restUntil || use === "useful";
    return {
      use,
      ...(tells && restMs > 0 && { restUntil: this.#clock.wall() + restMs }),
      ...(bytesPerSecond !== undefined && { bytesPerSecond }),
      ...(latencyMs !== undefined && { latencyMs }),
      ...(ticket !== undefined &&
        ticketMs > 0 && {
          ticket: { text: ticket.text, until: Math.floor(this.#clock.wall() + ticketMs) },
        }),
    };
  }
}

function useOf(route: Route, someUseful: boolean): Seen["use"] {
  if (route.standing.retirement.aborted) return "untried"; // new keys may take that back
  // One that failed after it had been of use, as the busiest do, is no dead one.
  if (route.bytesKept > 0 && route.trustworthy) return "useful";
  return route.failed && someUseful ? "useless" : "untried";
}
