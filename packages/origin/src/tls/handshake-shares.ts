import type { OriginLimits } from "../limits.ts";
import { prefixOf } from "./address-prefix.ts";
import { type Rate, RateTable, take } from "./rate-table.ts";

const burstSeconds = 2; // a browser opens six connections at once, an office starts its day

/**
 * Who may begin a handshake. As long as a worker has fewer of them than costs it little, everybody:
 * behind one address may be ten thousand machines. Beyond that each address and each network has
 * its share, and beyond what leaves time for anything else nobody.
 */
export class HandshakeShares {
  readonly #calm: Rate;
  readonly #most: Rate;
  readonly #address: RateTable;
  readonly #network: RateTable;
  #calmUntil = 0;
  #mostUntil = 0;

  constructor(limits: OriginLimits, random: (into: Uint32Array) => void) {
    this.#calm = rateOf(limits.handshakesPerSecondCalm);
    this.#most = rateOf(limits.handshakesPerSecondMax);
    this.#address = new RateTable(rateOf(limits.handshakesPerAddressPerSecond), random);
    this.#network = new RateTable(rateOf(limits.handshakesPerNetworkPerSecond), random);
  }

  /** `now` in milliseconds of a clock that never goes back. */
  judge(address: string | undefined, now: number): "begin" | "over-share" | "busy" {
    const prefix = prefixOf(address);
    if (prefix === undefined) return "busy"; // it is gone already
    const most = take(this.#most, this.#mostUntil, now);
    if (most === undefined) return "busy";
    const hasShare = this.#address.take(prefix.near, now) && this.#network.take(prefix.wide, now);
    const calm = take(this.#calm, this.#calmUntil, now);
    if (!hasShare && calm === undefined) return "over-share";
    this.#mostUntil = most;
    this.#calmUntil = calm ?? this.#calmUntil;
    return "begin";
  }
}

function rateOf(perSecond: number): Rate {
  return { perSecond, burst: Math.max(1, perSecond * burstSeconds) };
}
