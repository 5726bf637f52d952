/** Figures, as seconds, of several runs of one thing. */
export class Spread {
  readonly #sorted: readonly number[];

  constructor(figures: readonly number[]) {
    this.#sorted = figures.toSorted((a, b) => a - b);
  }

  get runs(): number {
    return this.#sorted.length;
  }

  get median(): number {
    return this.#sorted[this.runs >> 1] ?? Number.NaN;
  }

  get least(): number {
    return this.#sorted[0] ?? Number.NaN;
  }

  get most(): number {
    return this.#sorted.at(-1) ?? Number.NaN;
  }

  /** Cells of a table: median, least, most, runs. */
  get cells(): string {
    const { median, least, most, runs } = this;
    return [...[median, least, most].map(shownSeconds), runs].join(" | ");
  }
}

export const spreadHead = "s, median | least | most | runs";
export const spreadRule = "---: | ---: | ---: | ---:";

function shownSeconds(seconds: number): string {
  return seconds.toFixed(seconds < 0.1 ? 4 : 2);
}

/** Times `run` so often, or until `secondsMax` are spent; at least once. */
export async function spreadOf(
  runsMax: number,
  secondsMax: number,
  run: () => unknown,
): Promise<Spread> {
  const seconds: number[] = [];
  const end = performance.now() + secondsMax * 1000;
  do {
    const start = performance.now();
    await run();
    seconds.push((performance.now() - start) / 1000);
  } while (seconds.length < runsMax && performance.now() < end);
  return new Spread(seconds);
}
