const sampleMs = 200; // long against the gaps between two reads of one socket
const weight = 0.5; // of the newest sample: a change is believed after about three

/** Measures how fast one route delivers while it is asked, in bytes of the target. */
export class Meter {
  #rate: number | undefined;
  #since = 0;
  #asked = false;
  #bytes = 0;

  /** The route is asked again after it had nothing to do. */
  begin(now: number): void {
    this.#asked = true;
    this.#since = now;
    this.#bytes = 0;
  }

  add(now: number, bytes: number): void {
    this.#bytes += bytes;
    if (now - this.#since >= sampleMs) this.#sample(now);
  }

  /** The route has nothing to do. A short run is a measure too. */
  end(now: number): void {
    this.#sample(now);
    this.#asked = false;
  }

  /** Bytes per second; undefined before the first sample. A silence while it is asked lowers it. */
  rate(now: number): number | undefined {
    const ms = now - this.#since;
    if (this.#rate === undefined || !this.#asked || ms <= sampleMs * 2) return this.#rate;
    return Math.min(this.#rate, ((this.#bytes + 1) * 1000) / ms);
  }

  #sample(now: number): void {
    const ms = now - this.#since;
    if (this.#bytes === 0 || ms <= 0) return;
    const sample = (this.#bytes * 1000) / ms;
    // A short sample says little against a known rate.
    const share = weight * Math.min(1, ms / sampleMs);
    this.#rate = this.#rate === undefined ? sample : this.#rate * (1 - share) + sample * share;
    this.#since = now;
    this.#bytes = 0;
  }
}
