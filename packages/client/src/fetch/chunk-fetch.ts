import { type Ports, RouteError } from "@causeway/kernel";
import type { DownloadLimits } from "../download-limits.ts";
import type { RetryBudget } from "../routes/retry-budget.ts";
import type { Route } from "../routes/route.ts";
import { Bell } from "./chunk-bell.ts";
import { type InFlight, takeOver } from "./chunk-help.ts";
import { Lane } from "./chunk-lane.ts";
import type { ChunkQueue, Run } from "./chunk-queue.ts";
import { RouteWork } from "./chunk-route-work.ts";
import { runLength } from "./chunk-schedule.ts";
import type { ChunkedFile } from "./chunk-source.ts";
import type { VerifiedChunk } from "./chunk-verified.ts";

export interface FetchJob {
  readonly file: ChunkedFile;
  readonly queue: ChunkQueue;
  /** Those of now: others may join, and are asked as well. */
  readonly routes: () => readonly Route[];
  readonly limits: DownloadLimits;
  readonly retries: RetryBudget;
  readonly signal: AbortSignal;
  /** Takes one chunk; it, and its like elsewhere in the file, are settled when this resolves. */
  readonly keep: (number: number, chunk: VerifiedChunk, route: Route) => Promise<void>;
  /** So many bytes came over `route`, which brings so many bytes of the target per second. */
  readonly onBytes: (route: Route, bytes: number, rate: number | undefined) => void;
}

const quickerBy = 2; // less of a difference is not worth one more connection
const rebalanceMs = 50; // how often a route without work looks for some; far from a busy loop

/**
 * Fetches every chunk that `job.queue` wants over all routes at once.
 * @returns what kept each route from delivering, when not all could be had; else undefined
 * @throws what `keep` threw, or the signal's reason
 */
export async function fetchChunks(
  ports: Ports,
  job: FetchJob,
): Promise<ReadonlyMap<Route, RouteError> | undefined> {
  return await new ChunkFetch(ports, job).run();
}

class ChunkFetch {
  readonly #ports: Ports;
  readonly #job: FetchJob;
  readonly #works: RouteWork[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #bell = new Bell();
  #fatal: { readonly error: unknown } | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #wokeAt: number;

  constructor(ports: Ports, job: FetchJob) {
    this.#ports = ports;
    this.#job = job;
    this.#wokeAt = ports.clock.steady();
    this.#join();
  }

  async run(): Promise<ReadonlyMap<Route, RouteError> | undefined> {
    const ring = (): void => this.#bell.ring();
    this.#job.signal.addEventListener("abort", ring);
    try {
      while (!this.#job.queue.done) {
        this.#job.signal.throwIfAborted();
        if (this.#fatal !== undefined) throw this.#fatal.error;
        this.#join();
        this.#assign();
        const wait = this.#nextLook();
        if (this.#running.size === 0 && (wait ?? Infinity) > this.#job.limits.patienceMs) {
          return this.#failures();
        }
        await this.#bell.wait(this.#ports.clock, wait);
      }
      return undefined;
    } finally {
      this.#job.signal.removeEventListener("abort", ring);
      // When it ends otherwise, a silence may be ours.
      if (this.#job.queue.done) for (const { work, lane } of this.#lanes()) this.#note(work, lane);
      for (const { lane } of this.#lanes()) lane.cancel();
      await Promise.all(this.#running);
    }
  }

  #join(): void {
    const { file, limits, retries, routes } = this.#job;
    for (const route of routes()) {
      if (this.#works.some((work) => work.route === route)) continue;
      this.#works.push(new RouteWork(route, file.sources, limits, retries));
    }
  }

  *#lanes(): Generator<InFlight> {
    for (const work of this.#works) {
      for (const lane of work.lanes) yield { work, lane };
    }
  }

  /** Gives every route that may take some its next run; the quickest is the first to choose. */
  #assign(): void {
    const now = this.#ports.clock.steady();
    const quickness = (work: RouteWork): number => (work.proven ? (work.meter.rate(now) ?? 0) : 0);
    for (const work of this.#works.toSorted((a, b) => quickness(b) - quickness(a))) {
      while (this.#mayTake(work, now)) {
        const run = this.#takeFree(work, now) ?? this.#takeOver(work, now);
        if (run === undefined) break;
        this.#start(work, run, now);
      }
    }
  }

  #mayTake(work: RouteWork, now: number): boolean {
    const others = this.#othersDelivering(work, now);
    if (!work.mayTake(now, others.length > 0)) return false;
    if (others.length > 0 && work.lanes.size === 0 && !this.#mayWake(work, now)) return false;
    if (work.lanes.size > 0 || others.length < this.#job.limits.routesAtOnce) return true;
    return this.#mayJoin(work, others, now);
  }

  #othersDelivering(work: RouteWork, now: number): readonly RouteWork[] {
    return this.#works.filter((other) => other !== work && other.delivering(now));
  }

  /** Of those that the run holds in reserve, one now and then: others may drip for hours. */
  #mayWake({ route }: RouteWork, now: number): boolean {
    if (!route.standing.reserve || !route.isAsleep(now)) return true;
    if (now - this.#wokeAt < this.#job.limits.probeMs.base) return false;
    this.#wokeAt = now;
    return true;
  }

  /** All places are taken, perhaps by routes that drip: whoever is better gets in all the same. */
  #mayJoin(work: RouteWork, others: readonly RouteWork[], now: number): boolean {
    const rate = work.meter.rate(now);
    if (rate !== undefined) {
      return others.some((other) => (other.meter.rate(now) ?? Infinity) * quickerBy < rate);
    }
    if (now - this.#triedAt < this.#job.limits.tryMs) return false;
    this.#triedAt = now;
    return true;
  }

  #takeFree(work: RouteWork, now: number): Run | undefined {
    const { file, queue, limits } = this.#job;
    if (work.source(now)?.ranged === false) {
      const whole = { from: 0, to: file.index.chunks.length };
      if (work.lanes.size > 0 || queue.freeLength === 0) return undefined;
      queue.hold(whole);
      return whole;
    }
    const rates = this.#works.map((other) => (other.out ? 0 : (other.meter.rate(now) ?? 0)));
    const choice = {
      failing: work.failing,
      rate: work.meter.rate(now),
      latencyMs: work.latencyMs,
      rateOfAll: rates.reduce((sum, rate) => sum + rate, 0),
      lastLength: work.lastLength,
      freeLength: queue.freeLength,
    };
    return queue.take(runLength(choice, limits));
  }

  #takeOver(helper: RouteWork, now: number): Run | undefined {
    if (helper.source(now)?.ranged === false) return undefined;
    const { queue, limits } = this.#job;
    return takeOver(helper, [...this.#lanes()], queue, limits.savingMsMin, now);
  }

  #start(work: RouteWork, run: Run, now: number): void {
    const { file, queue, signal, limits } = this.#job;
    const source = work.source(now);
    if (source === undefined) return;
    const lane = new Lane(work.route, source, { file, queue, run }, now, signal);
    const others = this.#othersDelivering(work, now);
    work.begin(lane, queue.wantedLength(run), now, others.length > 0);
    const running = this.#follow(work, lane, limits).finally(() => {
      this.#running.delete(running);
      this.#bell.ring();
    });
    this.#running.add(running);
  }

  async #follow(work: RouteWork, lane: Lane, limits: DownloadLimits): Promise<void> {
    const { clock, random } = this.#ports;
    try {
      const isThrough = await lane.fetch(this.#ports, limits.exchange, {
        answered: () => {
          // With one request at a time, the wait for its answer is no part of the rate.
          if (work.lanes.size === 1) work.meter.begin(clock.steady());
        },
        heard: (bytes, worth) => {
          const now = clock.steady();
          work.meter.add(now, worth);
          this.#job.onBytes(work.route, bytes, work.meter.rate(now));
        },
        arrived: async (number, chunk) => {
          await this.#job.keep(number, chunk, work.route);
          if (!work.proven) this.#bell.ring(); // it may have more requests now
          work.delivered();
          this.#cancelNeedless(lane);
        },
      });
      if (isThrough) work.endedWell(lane);
    } catch (error) {
      if (error instanceof RouteError && !this.#job.signal.aborted) {
        work.failed(lane, work.route.strike(error), clock.steady(), random);
        if (work.expelled) for (const other of work.lanes) other.cancel();
      } else {
        this.#fatal ??= { error };
      }
    } finally {
      work.end(lane, clock.steady());
    }
  }

  /** Ends the requests that lost a race for the chunk that just arrived. */
  #cancelNeedless(winner: Lane): void {
    for (const { work, lane } of this.#lanes()) {
      if (lane === winner || lane.through || !lane.idle) continue;
      this.#note(work, lane);
      lane.cancel();
    }
  }

  /** Tells a route that had fallen silent when others brought what it was asked for. */
  #note(work: RouteWork, lane: Lane): void {
    const now = this.#ports.clock.steady();
    if (lane.through || !work.isSilent(lane, now)) return;
    const seconds = Math.round(lane.silence(now) / 100) / 10;
    const text = `had sent nothing for ${seconds} s when another route brought the bytes`;
    const error = new RouteError("ROUTE_STALLED", work.route.id + lane.source.path, text);
    work.failed(lane, error, now, this.#ports.random);
    work.route.strike(error);
  }

  /** Milliseconds until there may be something to decide; undefined: not before a ring. */
  #nextLook(): number | undefined {
    const now = this.#ports.clock.steady();
    let wait: number | undefined;
    for (const work of this.#works) {
      if (work.out) continue;
      const due = Math.max(work.dueAt(now) - now, 0);
      // A route without work looks out for a request that slows down, or for its turn.
      const look = due > 0 ? due : rebalanceMs;
      const busy = work.lanes.size >= (work.proven ? this.#job.limits.lanesPerRoute : 1);
      if (!busy) wait = Math.min(wait ?? Infinity, look);
    }
    return wait;
  }

  #failures(): ReadonlyMap<Route, RouteError> {
    const failures = new Map<Route, RouteError>();
    for (const { route, error } of this.#works) {
      if (error !== undefined) failures.set(route, error);
    }
    return failures;
  }
}
