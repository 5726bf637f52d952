import { Session } from "node:inspector";

/** How often each block of our own sources ran, as V8 itself counts it. */
export class Coverage {
  readonly #session = new Session();
  /** For each file, a 1 for each character of its source that ever ran in an input that counted. */
  readonly #everRan = new Map<string, Uint8Array>();

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  close(): void {
    this.#session.disconnect();
  }

  /** Block runs since the last look: a measure of work that no other process disturbs. */
  takeWork(): number {
    let work = 0;
    for (const script of this.#take()) {
      for (const { ranges } of script.functions) {
        for (const { count } of ranges) work += count;
      }
    }
    return work;
  }

  /**
   * Whether code ran since the last look that had not run before.
   * @param keep whether it counts as having run from now on
   */
  takeNews(keep: boolean): boolean {
    let news = false;
    for (const { url, functions } of this.#take()) {
      const ranges = functions.flatMap((each) => each.ranges);
      // The outer before the inner, which speaks for itself.
      ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
      const end = ranges.reduce((most, { endOffset }) => Math.max(most, endOffset), 0);
      const ran = new Uint8Array(end);
      for (const range of ranges) {
        ran.fill(range.count > 0 ? 1 : 0, range.startOffset, range.endOffset);
      }
      const before = this.#everRan.get(url) ?? new Uint8Array(0);
      if (!ran.some((one, at) => one === 1 && before[at] !== 1)) continue;
      news = true;
      if (keep) this.#everRan.set(url, either(before, ran));
    }
    return news;
  }

  /** Characters of source that ever ran. */
  get reach(): number {
    let sum = 0;
    for (const ran of this.#everRan.values()) sum += ran.reduce((all, one) => all + one, 0);
    return sum;
  }

  #take(): readonly Script[] {
    let scripts: readonly Script[] = [];
    // Answers before it returns: the session is of this very thread.
    this.#session.post("Profiler.takePreciseCoverage", (error, { result }) => {
      if (error !== null) throw error;
      scripts = result.filter(({ url }) => /\/packages\/[a-z]+\/src\//.test(url));
    });
    return scripts;
  }
}

interface Script {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly { startOffset: number; endOffset: number; count: number }[];
  }[];
}

function either(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(Math.max(a.length, b.length));
  both.set(a);
  for (const [at, one] of b.entries()) if (one === 1) both[at] = 1;
  return both;
}
