import { canonicalJson, Fields, type Instant, parseJson, TrustError } from "@causeway/kernel";
import type { RouteUrl } from "./route.ts";
import { isTicketText, type RouteTicket, ticketLengthMax } from "./ticket.ts";

/** What is kept of one route from run to run. Times are of the wall clock. */
export interface RouteNote {
  /** When it last brought something, or last failed to. */
  readonly triedAt: Instant;
  /** Runs in a row in which it was of no use while another route was. */
  readonly failures: number;
  /** Until then it is asked only when no other route delivers. */
  readonly sleepUntil?: Instant;
  /** It asked to be left alone, then and for so long. */
  readonly rest?: { readonly askedAt: Instant; readonly until: Instant };
  readonly bytesPerSecond?: number;
  readonly latencyMs?: number;
  readonly ticket?: RouteTicket;
}

export type RouteNotes = ReadonlyMap<RouteUrl, RouteNote>;

/** All that is kept. */
export interface RouteRecord {
  readonly notes: RouteNotes;
  /** Counts the turns that less preferred routes of the vendor's list take. */
  readonly turn: number | undefined;
}

export const nothingNoted: RouteRecord = { notes: new Map(), turn: undefined };

export const notesLengthMax = 512 * 1024; // 128 routes with the longest URLs and tickets
const notesMax = 128; // twice as many as a run may have
const urlLengthMax = 1_400; // 1,024 characters of a URL, some of them escaped
const kind = "causeway-route-notes";
const instantMax = 8.64e15; // of a Date
const failuresMax = 1_000_000;
const turnMax = 2 ** 32 - 1;
const msMax = 24 * 3_600_000;
const bytesPerSecondMax = 1e12;

/** The record as a file; of too many, those of the routes that were tried last. */
export function encodeNotes({ notes, turn }: RouteRecord): Uint8Array {
  const kept = [...notes]
    .filter(([url]) => url.length <= urlLengthMax)
    .toSorted(([, a], [, b]) => b.triedAt - a.triedAt)
    .slice(0, notesMax);
  const routes = kept.map(([url, { rest, ticket, ...note }]) => ({
    url: url as string,
    ...note,
    ...(rest && { rest: { ...rest } }),
    ...(ticket && { ticket: { ...ticket } }),
  }));
  return canonicalJson({ _type: kind, ...(turn !== undefined && { turn }), routes });
}

/**
 * Reads a record. A damaged one is none, and so are those from a future: then this clock was set
 * back, or that one was wrong, and how long ago anything was cannot be told.
 */
export function decodeNotes(bytes: Uint8Array, now: Instant, driftMs: number): RouteRecord {
  try {
    const fields = new Fields(parseJson(bytes, kind), kind);
    if (fields.string("_type") !== kind) return nothingNoted;
    const notes = new Map<RouteUrl, RouteNote>();
    for (const entry of fields.objects("routes", notesMax)) {
      const note = decodeNote(entry, now + driftMs);
      const url = entry.string("url", urlLengthMax);
      // No route has another URL, and what JSON escapes could not be written again.
      if (note !== undefined && /^[!-~]+$/.test(url)) notes.set(url as RouteUrl, note);
    }
    return { notes, turn: optional(fields, "turn", turnMax) };
  } catch (error) {
    if (error instanceof TrustError) return nothingNoted;
    throw error;
  }
}

function decodeNote(entry: Fields, latest: Instant): RouteNote | undefined {
  const triedAt = entry.integer("triedAt", 0, instantMax);
  const sleepUntil = optional(entry, "sleepUntil", instantMax);
  const bytesPerSecond = optional(entry, "bytesPerSecond", bytesPerSecondMax);
  const latencyMs = optional(entry, "latencyMs", msMax);
  const rest = entry.has("rest") ? decodeRest(entry.object("rest")) : undefined;
  const ticket = entry.has("ticket") ? decodeTicket(entry.object("ticket")) : undefined;
  if (triedAt > latest) return undefined;
  return {
    triedAt,
    failures: entry.integer("failures", 0, failuresMax),
    ...(sleepUntil !== undefined && { sleepUntil }),
    ...(rest && rest.askedAt <= latest && { rest }),
    ...(bytesPerSecond !== undefined && { bytesPerSecond }),
    ...(latencyMs !== undefined && { latencyMs }),
    ...(ticket && { ticket }),
  };
}

function decodeTicket(fields: Fields): RouteTicket | undefined {
  const text = fields.string("text", ticketLengthMax);
  const until = fields.integer("until", 0, instantMax);
  return isTicketText(text) ? { text, until } : undefined;
}

function decodeRest(fields: Fields): { readonly askedAt: Instant; readonly until: Instant } {
  return {
    askedAt: fields.integer("askedAt", 0, instantMax),
    until: fields.integer("until", 0, instantMax),
  };
}

function optional(entry: Fields, name: string, max: number): number | undefined {
  return entry.has(name) ? entry.integer(name, 0, max) : undefined;
}
