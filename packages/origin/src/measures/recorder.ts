import { zeroCounts } from "../counters.ts";
import { noEdgeStats } from "../edge-watch/edge-stats.ts";
import { latencyBounds } from "./latency.ts";
import { edgeBetween, type Second, secondBetween } from "./second.ts";
import { SourceWindow } from "./source-window.ts";
import type { KeyCount } from "./top-keys.ts";
import type { OriginReport } from "./worker-report.ts";

/** Ten minutes: what an operator who looks up sees at once, and a forecast begins with. */
export const secondsKept = 600;

/** What is around a recorder. */
export interface RecorderPorts {
  /** Called once for each second. */
  readonly report: () => OriginReport;
  /** Milliseconds since the Unix epoch. */
  readonly wall: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly steady: () => number;
}

/** What `/seconds` answers with; docs/metrics.md tells it to others. */
export interface Recording {
  readonly version: 1;
  /** When the recording began: seconds since the Unix epoch. Another one: `n` begins anew. */
  readonly started: number;
  readonly latencyBounds: readonly number[];
  readonly lastMinute: {
    readonly sources: number;
    readonly networks: readonly { readonly network: string; readonly requests: number }[];
  };
  readonly seconds: readonly Second[];
}

/** Who asked, for `/metrics`. */
export interface SourceState {
  readonly lastMinute: number;
  readonly ever: number;
  readonly networks: readonly KeyCount[];
}

/** Keeps what an origin did in each of the last seconds. */
export class Recorder {
  readonly #ports: RecorderPorts;
  readonly #started: number;
  readonly #window = new SourceWindow();
  readonly #seconds: Second[] = [];
  #counts = zeroCounts() as OriginReport["counts"];
  #edge = noEdgeStats;
  #n = 0;
  #endedAt: number;

  constructor(ports: RecorderPorts) {
    this.#ports = ports;
    this.#started = Math.floor(ports.wall() / 1000);
    this.#endedAt = ports.steady();
  }

  /** Ends a second; to be called once in each. */
  tick(): void {
    const { counts, sources, edge } = this.#ports.report();
    const now = this.#ports.steady();
    this.#n++;
    const head = {
      n: this.#n,
      at: Math.floor(this.#ports.wall() / 1000),
      ms: Math.round(now - this.#endedAt),
      sources: this.#window.add(sources),
    };
    const second = secondBetween(head, this.#counts, counts);
    this.#seconds.push(edge ? { ...second, edge: edgeBetween(this.#edge, edge) } : second);
    this.#edge = edge ?? this.#edge;
    if (this.#seconds.length > secondsKept) this.#seconds.shift();
    this.#counts = counts;
    this.#endedAt = now;
  }

  /** The seconds after the one of that number, as far as they are kept. */
  since(n: number): Recording {
    return {
      version: 1,
      started: this.#started,
      latencyBounds,
      lastMinute: {
        sources: this.#window.sources(),
        networks: this.#window.networks().map(([network, requests]) => ({ network, requests })),
      },
      seconds: this.#seconds.filter((second) => second.n > n),
    };
  }

  sources(): SourceState {
    return {
      lastMinute: this.#window.sources(),
      ever: this.#window.sourcesEver(),
      networks: this.#window.networks(),
    };
  }
}
