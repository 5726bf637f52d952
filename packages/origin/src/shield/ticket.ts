import { createHmac } from "node:crypto";
import { invariant } from "@causeway/kernel";

/** What a ticket claims: that its bearer is one known machine of one route. Times are seconds. */
export interface Ticket {
  /** The route that it is for: its id in causeway.yaml, or `unnamedRoute`. */
  readonly aud: string;
  /** The machine, as a random name that says nothing of it. */
  readonly sub: string;
  /** When this machine got its first ticket. */
  readonly since: number;
  /** From then on it is worth nothing. */
  readonly exp: number;
  /** The private entrances that it opens: ports of the route's own host. */
  readonly ent?: readonly number[];
  /** By what it is given keys of reserves: a keyed hash of where the machine first came from. */
  readonly home?: string;
  /** How many machines it speaks for; absent: one. */
  readonly fleet?: number;
  /** Earned by a browser for one visit, and known by its cookie alone: no token claims this. */
  readonly forVisit?: true;
}

/** What signs a ticket and verifies it: the HMAC key is the TEXT of `secret`, as HAProxy takes it. */
export interface SigningKey {
  readonly kid: string;
  readonly secret: string;
}

/** The audience where no route is named. No route's id has an underscore. */
export const unnamedRoute = "_origin";

/** A day: a machine that looks once a day keeps its place, and a stolen one is soon worth nothing. */
export const ticketLifeSeconds = 86_400;

/** Characters of a whole ticket; what is longer is not looked at. */
export const ticketLengthMax = 1024;

/** A compact JWT, signed with HMAC-SHA-256 (RFC 7515 section 3.1, RFC 7518 section 3.2, RFC 7519). */
export function issueTicket(ticket: Ticket, key: SigningKey): string {
  const { aud, sub, since, exp, ent, home, fleet } = ticket;
  const claims = base64url(JSON.stringify({ aud, sub, since, exp, ent, home, fleet }));
  const signed = `${ticketHeader(key.kid)}.${claims}`;
  const token = `${signed}.${signatureOf(signed, key)}`;
  invariant(token.length <= ticketLengthMax, "claims within their bounds make no longer ticket");
  return token;
}

/** The first part of every ticket that this key signs here. */
export function ticketHeader(kid: string): string {
  return base64url(JSON.stringify({ alg: "HS256", typ: "JWT", kid }));
}

/** The third part of a ticket, for its first two with the dot between them. */
export function signatureOf(signed: string, { secret }: SigningKey): string {
  return createHmac("sha256", secret).update(signed).digest("base64url");
}

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
