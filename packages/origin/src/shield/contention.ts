interface Wait {
  readonly who: string;
  readonly at: number;
}

/**
 * Whether somebody within its share had to wait lately, other than whoever asks. As long as nobody
 * else wants it, one may have all: a machine next door that fetches everything is no flood.
 */
export class Contention {
  readonly #lastsMs: number;
  #latest: Wait | undefined;
  /** The latest of anybody else. */
  #other: Wait | undefined;

  /** A wait counts for `lastsMs`. */
  constructor(lastsMs: number) {
    this.#lastsMs = lastsMs;
  }

  /** `who` is within its share and has to wait. */
  note(who: string, now: number): void {
    if (this.#latest?.who !== who) this.#other = this.#latest;
    this.#latest = { who, at: now };
  }

  existsFor(who: string, now: number): boolean {
    const wait = this.#latest?.who === who ? this.#other : this.#latest;
    return wait !== undefined && now - wait.at <= this.#lastsMs;
  }
}
