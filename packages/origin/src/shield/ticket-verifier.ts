import { timingSafeEqual } from "node:crypto";
import type { BadTicketReason } from "../counters.ts";
import {
  type SigningKey,
  signatureOf,
  type Ticket,
  ticketHeader,
  ticketLengthMax,
} from "./ticket.ts";
import { readClaims } from "./ticket-claims.ts";

const cachedMax = 4_096; // tickets: a MiB as they are issued, and never over eight
const signatureLength = 43; // 32 bytes in base64url
const headerLengthMax = 256;
const shape = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Tells tickets from what only looks like one, for one route. A good one that is new costs an
 * HMAC; a client asks for many chunks with the same, and the later ones cost a look-up.
 */
export class TicketVerifier {
  readonly #audience: string;
  /** By the header that we write for the key. */
  #byHeader: ReadonlyMap<string, SigningKey> = new Map();
  #byId: ReadonlyMap<string, SigningKey> = new Map();
  /** Only what was found good, so that no flood of bogus ones can push it out. */
  readonly #cached = new Map<string, Ticket>();

  /** `audience` as in `Ticket.aud`. Until `setKeys` no ticket is good. */
  constructor(audience: string) {
    this.#audience = audience;
  }

  /** From now on these keys' tickets are good, and no others. */
  setKeys(keys: readonly SigningKey[]): void {
    this.#byHeader = new Map(keys.map((key) => [ticketHeader(key.kid), key]));
    this.#byId = new Map(keys.map((key) => [key.kid, key]));
    this.#cached.clear();
  }

  /** The ticket, or why it is none here and now. Never throws. */
  verify(token: string, nowSeconds: number): Ticket | BadTicketReason {
    if (token.length > ticketLengthMax) return "form";
    let ticket = this.#cached.get(token);
    if (ticket === undefined) {
      const verdict = this.#judge(token);
      if (typeof verdict === "string") return verdict;
      ticket = verdict;
      if (nowSeconds < ticket.exp) this.#keep(token, ticket);
    }
    // RFC 7519 section 4.1.4: not "on or after".
    return nowSeconds < ticket.exp ? ticket : "expired";
  }

  #judge(token: string): Ticket | BadTicketReason {
    // From the cheapest look to the dearest: where the dots are, the header, the alphabet, the HMAC.
    const first = token.indexOf(".");
    const last = token.length - signatureLength - 1;
    if (first < 0 || first >= last || token[last] !== ".") return "form";
    const header = token.slice(0, first);
    const key = this.#byHeader.get(header) ?? this.#keyOf(header);
    if (key === undefined) return "key";
    if (!shape.test(token)) return "form";
    // The texts are compared, and not the bytes: of one signature base64url has several texts.
    const expected = signatureOf(token.slice(0, last), key);
    const signature = token.slice(last + 1);
    if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature))) return "signature";
    const ticket = readClaims(token.slice(first + 1, last));
    if (ticket === undefined) return "claims";
    return ticket.aud === this.#audience ? ticket : "route";
  }

  /** The key that a header of another writer names. */
  #keyOf(header: string): SigningKey | undefined {
    if (header.length > headerLengthMax) return undefined;
    let fields: unknown;
    try {
      fields = JSON.parse(Buffer.from(header, "base64url").toString());
    } catch {
      return undefined;
    }
    if (typeof fields !== "object" || fields === null) return undefined;
    const { alg, typ, kid, crit } = fields as Record<string, unknown>;
    // What is critical (RFC 7515 section 4.1.11) we do not know.
    if (alg !== "HS256" || crit !== undefined || typeof kid !== "string") return undefined;
    return typ === undefined || typ === "JWT" ? this.#byId.get(kid) : undefined;
  }

  #keep(token: string, ticket: Ticket): void {
    if (this.#cached.size >= cachedMax) {
      for (const oldest of this.#cached.keys()) {
        this.#cached.delete(oldest);
        break;
      }
    }
    this.#cached.set(token, ticket);
  }
}
