import { Fields, type Instant, isEntrancePort, parseJson, TrustError } from "@causeway/kernel";

/** What a route gave us to know us by. It goes back to that route alone, and is shown to nobody. */
export interface RouteTicket {
  readonly text: string;
  /** From then on it is worth nothing to the route. */
  readonly until: number;
}

export const ticketLengthMax = 1024;
/** A route that we do not come to for so long may as well take us for somebody new. */
export const ticketMsMax = 30 * 24 * 3_600_000;

/** Half of what an origin's tickets last. */
const renewedWithinMs = 12 * 3_600_000;
const header = "causeway-ticket";
const secondsMax = 8.64e12; // of a Date
const entrancesMax = 4;

/** Three parts of base64url (RFC 7515 section 7.1): nothing that ends a header or a line. */
export function isTicketText(text: string): text is string {
  return text.length <= ticketLengthMax && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/**
 * The ticket in an answer; undefined when there is none that we could use. Its end is by our
 * clock, however wrong that is.
 * @param skewMs the sender's clock minus ours, if it told
 */
export function ticketIn(
  headers: ReadonlyMap<string, string>,
  wall: Instant,
  skewMs = 0,
): RouteTicket | undefined {
  const text = headers.get(header);
  if (text === undefined || !isTicketText(text)) return undefined;
  const end = endOf(text);
  if (end === undefined) return undefined;
  const until = Math.min(end - skewMs, wall + ticketMsMax);
  return until > wall ? { text, until } : undefined;
}

/** The signature is the route's own business; of what it says we need the end. */
export function endOf(text: string): Instant | undefined {
  return readClaims(text, (claims) => claims.integer("exp", 0, secondsMax) * 1000);
}

/**
 * The private entrances that a ticket names: ports of the route's own host. None, if any of them
 * is one at which we must not be made to ask.
 */
export function entrancesIn(text: string): readonly number[] {
  const ports = readClaims(text, (claims) => {
    return claims.has("ent") ? claims.array("ent", entrancesMax) : [];
  });
  return ports?.every(isEntrancePort) === true ? ports : [];
}

/**
 * Whether what an entrance gave takes the place of our ticket: an attack on the public address may
 * last for longer than that. The entrance may be somebody else's by now; so only in the place of one
 * that ends soon, and when it names no other entrances.
 * @param now on the clock of `ours.until`
 */
export function isRenewal(ours: RouteTicket | undefined, text: string, now: number): boolean {
  if (ours === undefined || ours.until - now > renewedWithinMs) return false;
  const known = entrancesIn(ours.text);
  return entrancesIn(text).every((port) => known.includes(port));
}

/**
 * Whether two tickets are of one machine, or fleet, and end at the same time: one that a vendor gave
 * by hand is renewed by its route under another key, and for no longer.
 */
export function isSamePromise(one: string, other: string): boolean {
  const promises = [one, other].map((text) => {
    return readClaims(text, (claims) => JSON.stringify([claims.get("sub"), claims.get("exp")]));
  });
  return promises[0] !== undefined && promises[0] === promises[1];
}

function readClaims<Value>(text: string, read: (claims: Fields) => Value): Value | undefined {
  try {
    const claims = atob((text.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(claims, (letter) => letter.charCodeAt(0));
    return read(new Fields(parseJson(bytes, header), header));
  } catch (error) {
    if (error instanceof TrustError || isNoBase64(error)) return undefined;
    throw error;
  }
}

function isNoBase64(error: unknown): boolean {
  return error instanceof DOMException && error.name === "InvalidCharacterError";
}
