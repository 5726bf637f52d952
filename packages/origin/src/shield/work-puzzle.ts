import { createHash, createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { AddressPrefix } from "../tls/address-prefix.ts";
import { pooledRandom } from "./pooled-random.ts";
import { signingKey } from "./signing-key.ts";
import type { Ticket } from "./ticket.ts";
import type { TicketKey } from "./ticket-key-file.ts";

/**
 * Zero bits that a solution has to begin with. A browser tries 50,000 in a second on a desktop, a
 * phone a fifth of that: 8,192 tries, the mean at first, take it under a second.
 */
const bitsOf = { least: 13, most: 16 } as const;
/** How long a solution is as good as a ticket: one visit. */
export const workLifeSeconds = 600;
const aheadSecondsMax = 60; // clocks of origins differ
const saltBytes = 6; // those who come from one network in one second are not one visitor
const macLength = 22; // 128 bits in base64url
const subjectLength = 22;
/** Seconds, bits, salt, who vouches for them, and the solution. */
const shape = /^(\d{10})\.(\d{2})\.([\w-]{8})\.([\w-]{22})\.(\d{1,12})$/;
export const workLengthMax = 60;

/** What stands around the puzzle. */
export interface PuzzlePorts {
  readonly random?: (bytes: number) => Buffer;
}

/**
 * A proof of work for browsers, which have no ticket (Hashcash, Back 2002; the client puzzles of
 * Juels and Brainard 1999): a number with which the SHA-256 of the challenge begins with zero
 * bits. Nothing is kept of a challenge but the key that made it, and all origins of a vendor take
 * each other's, since it is derived from the keys of tickets. A challenge holds for one network
 * (/24, /48): solutions cannot be handed out to a flood's machines elsewhere.
 */
export class WorkPuzzle {
  readonly #audience: string;
  readonly #random: (bytes: number) => Buffer;
  #keys: readonly PuzzleKey[] = [];

  /** `audience` as in `Ticket.aud`. Until `setKeys` there are no challenges. */
  constructor(audience: string, { random = pooledRandom }: PuzzlePorts = {}) {
    this.#audience = audience;
    this.#random = random;
  }

  setKeys(keys: readonly TicketKey[]): void {
    this.#keys = keys.map(({ secret, createdAt }) => {
      const key = createHmac("sha256", secret).update("work-puzzle").digest();
      return { createdAt, key: createSecretKey(key) }; // an HMAC with bytes for a key costs 10 us more
    });
  }

  /**
   * What to solve, or undefined while there are no keys.
   * @param pressure from 0, when all have room, to 1: the more, the harder
   */
  challenge(from: AddressPrefix, pressure: number, nowSeconds: number): string | undefined {
    const signing = signingKey(this.#keys, nowSeconds * 1000);
    if (signing === undefined) return undefined;
    const { least, most } = bitsOf;
    const bits = least + Math.round((most - least) * Math.min(1, Math.max(0, pressure)));
    const salt = this.#random(saltBytes).toString("base64url");
    const stated = `${Math.floor(nowSeconds)}.${bits}.${salt}`;
    return `${stated}.${this.#vouch(stated, from, signing)}`;
  }

  /**
   * The ticket that a solution is worth, `challenge.number`; undefined for what is none here and
   * now. Never throws. All solutions of one challenge are one ticket.
   */
  verify(solution: string, from: AddressPrefix, nowSeconds: number): Ticket | undefined {
    if (solution.length > workLengthMax) return undefined;
    const match = shape.exec(solution);
    if (match === null) return undefined;
    const [, seconds = "", bits = "", salt = "", mac = ""] = match;
    const since = Number(seconds);
    const exp = since + workLifeSeconds;
    if (since > nowSeconds + aheadSecondsMax || nowSeconds >= exp) return undefined;
    // From the cheapest look to the dearest: who has not worked is not worth an HMAC.
    if (leadingZeroBits(sha256(solution)) < Number(bits)) return undefined;
    const stated = `${seconds}.${bits}.${salt}`;
    // Not in constant time: whoever learns a challenge that way could have asked for one.
    if (!this.#keys.some((key) => this.#vouch(stated, from, key) === mac)) return undefined;
    const sub = sha256(`${stated}.${mac}`).toString("base64url").slice(0, subjectLength);
    return { aud: this.#audience, sub, since, exp, forVisit: true };
  }

  #vouch(stated: string, { wide }: AddressPrefix, { key }: PuzzleKey): string {
    const hmac = createHmac("sha256", key).update(`${this.#audience} ${stated} `).update(wide);
    return hmac.digest("base64url").slice(0, macLength);
  }
}

interface PuzzleKey {
  readonly key: KeyObject;
  readonly createdAt: number;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function leadingZeroBits(digest: Buffer): number {
  return Math.clz32(digest.readUInt32BE(0));
}
