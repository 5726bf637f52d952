import { networkKeyOf } from "./address-prefix.ts";

interface Handshake {
  readonly network: string;
  readonly since: number;
}

/**
 * The handshakes of one worker that have begun and not ended, in a bound. When it is reached, the
 * oldest one of the network that has most of them gives way: whoever opens connections and says
 * nothing pushes out itself, and whoever is done within a round trip or two is never the oldest.
 */
export class HandshakesUnderWay<Key extends object> {
  readonly #max: number;
  readonly #all = new Map<Key, Handshake>(); // in the order of their beginnings

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#all.size;
  }

  /**
   * @param isBounded false: nobody has to give way
   * @returns the one that gave way, if one had to
   */
  begin(key: Key, address: string | undefined, now: number, isBounded = true): Key | undefined {
    const isFull = isBounded && this.#all.size >= this.#max;
    const victim = isFull ? this.#whoGivesWay() : undefined;
    if (victim !== undefined) this.#all.delete(victim);
    this.#all.set(key, { network: networkKeyOf(address), since: now });
    return victim;
  }

  /** @returns false when it is none of them, or no longer */
  end(key: Key): boolean {
    return this.#all.delete(key);
  }

  /** Ends all that began before `instant`, and returns them. */
  endBefore(instant: number): readonly Key[] {
    const late: Key[] = [];
    for (const [key, { since }] of this.#all) {
      if (since >= instant) break;
      late.push(key);
    }
    for (const key of late) this.#all.delete(key);
    return late;
  }

  keys(): readonly Key[] {
    return [...this.#all.keys()];
  }

  #whoGivesWay(): Key | undefined {
    const counts = new Map<string, number>();
    for (const { network } of this.#all.values()) {
      counts.set(network, (counts.get(network) ?? 0) + 1);
    }
    const most = Math.max(...counts.values());
    for (const [key, { network }] of this.#all) if (counts.get(network) === most) return key;
    return undefined;
  }
}
