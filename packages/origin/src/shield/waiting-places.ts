import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { invariant, isPlaceText, placeStart } from "@causeway/kernel";
import type { AddressPrefix } from "../tls/address-prefix.ts";
import { pooledRandom } from "./pooled-random.ts";
import { decodeClaims, isSeconds } from "./signed-claims.ts";
import { signingKey } from "./signing-key.ts";
import type { TicketKey } from "./ticket-key-file.ts";

/** A place in the line, which whoever was refused keeps for itself. */
export interface Place {
  /** Of this place alone, and of no meaning. */
  readonly id: string;
  /** By how much its bearer comes later than it was told to. */
  readonly lateMs: number;
}

/** For so long after its time has come: a first look and a patch of some megabytes. */
export const placeLifeSeconds = 600;
const earlySeconds = 1; // `Retry-After` counts whole ones
const idBytes = 16;
const idShape = /^[\w-]{22}$/;
const placeLengthMax = 256;
const shape = /^[\w-]+\.[\w-]+\.[\w-]{43}$/;

/**
 * Places for those who were refused and come back when they were told to. A flood that does not
 * wait has none; who waits and comes back is no flood. Nothing is kept of a place but the key that
 * signed it, and all origins of a vendor take each other's, since it is derived from the keys of
 * tickets. A place holds for one network (/24, /48), so that a flood cannot hand its out elsewhere.
 */
export class WaitingPlaces {
  readonly #audience: string;
  readonly #random: (bytes: number) => Buffer;
  #keys: readonly PlaceKey[] = [];

  /** `audience` as in `Ticket.aud`. Until `setKeys` there are no places. */
  constructor(audience: string, random: (bytes: number) => Buffer = pooledRandom) {
    this.#audience = audience;
    this.#random = random;
  }

  setKeys(keys: readonly TicketKey[]): void {
    this.#keys = keys.map(({ kid, secret, createdAt }) => {
      const key = createHmac("sha256", secret).update("waiting-place").digest();
      return { header: headerOf(kid), createdAt, key: createSecretKey(key) };
    });
  }

  /** A place for who is told to come back after so many seconds; undefined while there are no keys. */
  give(from: AddressPrefix, afterSeconds: number, nowSeconds: number): string | undefined {
    const key = signingKey(this.#keys, nowSeconds * 1000);
    if (key === undefined) return undefined;
    const nbf = Math.floor(nowSeconds) + afterSeconds;
    const jti = this.#random(idBytes).toString("base64url");
    const claims = base64url(JSON.stringify({ jti, nbf, exp: nbf + placeLifeSeconds }));
    const signed = `${key.header}.${claims}`;
    const text = `${signed}.${this.#signatureOf(signed, from, key)}`;
    invariant(text.length <= placeLengthMax, "a place within its bounds is no longer");
    return text;
  }

  /** The place, if `text` is one here and now. Never throws. */
  verify(text: string, from: AddressPrefix, nowSeconds: number): Place | undefined {
    if (text.length > placeLengthMax || !shape.test(text)) return undefined;
    const [header = "", claims = "", signature = ""] = text.split(".");
    const key = this.#keys.find((each) => each.header === header);
    if (key === undefined) return undefined;
    const expected = this.#signatureOf(`${header}.${claims}`, from, key);
    // The texts are compared, and not the bytes: of one signature base64url has several texts.
    if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature))) return undefined;
    return readPlace(claims, nowSeconds);
  }

  #signatureOf(signed: string, { wide }: AddressPrefix, { key }: PlaceKey): string {
    const hmac = createHmac("sha256", key).update(`${this.#audience} ${signed} `).update(wide);
    return hmac.digest("base64url");
  }
}

interface PlaceKey {
  readonly header: string;
  readonly key: KeyObject;
  readonly createdAt: number;
}

function headerOf(kid: string): string {
  const header = base64url(JSON.stringify({ typ: "place", kid }));
  invariant(isPlaceText(header), `the header of a place begins with ${placeStart}`);
  return header;
}

function readPlace(part: string, nowSeconds: number): Place | undefined {
  const { jti, nbf, exp } = decodeClaims(part) ?? {};
  if (typeof jti !== "string" || !idShape.test(jti)) return undefined;
  if (!isSeconds(nbf) || !isSeconds(exp)) return undefined;
  if (nowSeconds < nbf - earlySeconds || nowSeconds >= exp) return undefined;
  return { id: jti, lateMs: Math.max(0, (nowSeconds - nbf) * 1000) };
}

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
