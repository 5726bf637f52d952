import type { Clock } from "@causeway/kernel";
import type { Route } from "../routes/route.ts";
import type { RouteHealth } from "../routes/route-fault.ts";
import type { DownloadEvent, RouteProgress } from "./download-event.ts";
import type { DownloadRequest } from "./download-request.ts";

type Steady = Extract<DownloadEvent, { kind: "search" | "apply" | "verify" }>;

/** Counts what a download does and tells it, not more often than anyone can look. */
export class Progress {
  readonly #clock: Clock;
  readonly #routes: Route[];
  readonly #listener: ((event: DownloadEvent) => void) | undefined;
  readonly #intervalMs: number;
  readonly #rates = new Map<Route, number | undefined>();
  readonly #bytes = new Map<Route, number>();
  readonly #states = new Map<Route, RouteHealth>();
  #downloaded = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  #done = 0;
  #total: number;
  /** Bytes of the target that did not have to come over the network. */
  reused = 0;

  constructor(
    clock: Clock,
    request: Pick<DownloadRequest, "routes" | "onProgress" | "target">,
    intervalMs: number,
  ) {
    const { routes, onProgress, target } = request;
    this.#clock = clock;
    this.#routes = routes.filter(isTold);
    this.#listener = onProgress;
    this.#intervalMs = intervalMs;
    this.#total = target.length;
    for (const route of routes) this.#states.set(route, route.state);
  }

  /** Bytes over the network, kept or not. */
  get downloaded(): number {
    return this.#downloaded;
  }

  received(route: Route, bytes: number, rate?: number): void {
    if (!this.#routes.includes(route)) this.#routes.push(route);
    this.#downloaded += bytes;
    this.#bytes.set(route, (this.#bytes.get(route) ?? 0) + bytes);
    if (rate !== undefined) this.#rates.set(route, rate);
    this.#tellNow(false);
  }

  /** So much of the file at hand is here. */
  here(done: number, total: number): void {
    const ends = done === total || total !== this.#total;
    this.#done = done;
    this.#total = total;
    this.#tellNow(ends);
  }

  /** Tells a rare event at once. */
  tell(event: DownloadEvent): void {
    this.#listener?.(event);
  }

  /** Tells the routes whose state has changed since it was told. */
  tellStates(): void {
    for (const route of this.#routes) {
      if (this.#states.get(route) === route.state) continue;
      this.#states.set(route, route.state);
      this.#listener?.({ kind: "route", ...this.#of(route) });
    }
  }

  /** Tells a step of something that has many; the last one always. */
  step(event: Steady): void {
    const now = this.#clock.steady();
    if (event.done < event.total && now - this.#toldAt < this.#intervalMs) return;
    this.#toldAt = now;
    this.#listener?.(event);
  }

  #tellNow(always: boolean): void {
    if (this.#listener === undefined) return;
    this.tellStates();
    const now = this.#clock.steady();
    if (!always && now - this.#toldAt < this.#intervalMs) return;
    this.#toldAt = now;
    const routes = this.#routes.map((route) => this.#of(route));
    const { reused } = this;
    const counts = { done: this.#done, total: this.#total, reused, downloaded: this.#downloaded };
    this.#listener({ kind: "progress", ...counts, routes });
  }

  #of(route: Route): RouteProgress {
    return {
      route: route.id,
      bytes: this.#bytes.get(route) ?? 0,
      bytesPerSecond: this.#rates.get(route),
      state: route.state,
      why: route.error?.message ?? null,
    };
  }
}

/** Not of those that the vendor's list alone names: there may be many, and few are asked. */
function isTold({ standing }: Route): boolean {
  return standing.given || standing.asked;
}
