import { HyperLogLog } from "./hyper-log-log.ts";
import type { SourceReport } from "./source-meter.ts";
import type { KeyCount } from "./top-keys.ts";

/** The seconds over which sources and networks are told. */
export const windowSeconds = 60;
const networksTold = 10;

interface Second {
  readonly sources: HyperLogLog;
  readonly networks: ReadonlyMap<string, number>;
}

/** Who asked in the last minute, of all workers together. */
export class SourceWindow {
  readonly #seconds: Second[] = [];
  readonly #ever = new HyperLogLog();

  /** Ends a second, in which workers told this. @returns about how many sources asked in it */
  add(reports: readonly SourceReport[]): number {
    const sources = new HyperLogLog();
    for (const report of reports) sources.merge(HyperLogLog.fromText(report.sources));
    const networks = sumOf(reports.flatMap((report) => report.networks));
    this.#seconds.push({ sources, networks });
    if (this.#seconds.length > windowSeconds) this.#seconds.shift();
    this.#ever.merge(sources);
    return Math.round(sources.estimate());
  }

  /** About how many distinct sources asked in the window. */
  sources(): number {
    const sources = new HyperLogLog();
    for (const second of this.#seconds) sources.merge(second.sources);
    return Math.round(sources.estimate());
  }

  /** The same since this process began. */
  sourcesEver(): number {
    return Math.round(this.#ever.estimate());
  }

  /** The networks that sent most requests in the window, and how many at least. */
  networks(): readonly KeyCount[] {
    const all = sumOf(this.#seconds.flatMap(({ networks }) => [...networks]));
    return [...all].toSorted(([, a], [, b]) => b - a).slice(0, networksTold);
  }
}

function sumOf(counts: readonly KeyCount[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [key, count] of counts) sums.set(key, (sums.get(key) ?? 0) + count);
  return sums;
}
