import { type Ports, RouteError } from "@causeway/kernel";
import { Bell } from "./chunk-bell.ts";
import { Lane } from "./chunk-lane.ts";
import type { ChunkQueue, Run } from "./chunk-queue.ts";
import { RouteWork } from "./chunk-route-work.ts";
import { chooseHelp, type Pending, remainingMs, runLength } from "./chunk-schedule.ts";
import type { ChunkedFile } from "./chunk-source.ts";
import type { VerifiedChunk } from "./chunk-verified.ts";
import type { DownloadLimits } from "./download-limits.ts";
import type { Route } from "./route.ts";

export interface FetchJob {
  readonly file: ChunkedFile;
  readonly queue: ChunkQueue;
  readonly routes: readonly Route[];
  readonly limits: DownloadLimits;
  readonly signal: AbortSignal;
  /** Takes one chunk; it, and its like elsewhere in the file, are settled when this resolves. */
  readonly keep: (number: number, chunk: VerifiedChunk, route: Route) => Promise<void>;
  /** So many bytes came over `route`, which brings so many bytes of the target per second. */
  readonly onBytes: (route: Route, bytes: number, rate: number | undefined) => void;
}

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
  readonly #works: readonly RouteWork[];
  readonly #running = new Set<Promise<void>>();
  readonly #bell = new Bell();
  #fatal: { readonly error: unknown } | undefined;

  constructor(ports: Ports, job: FetchJob) {
    this.#ports = ports;
    this.#job = job;
    this.#works = job.routes.map((route) => new RouteWork(route, job.file.sources, job.limits));
  }

  async run(): Promise<ReadonlyMap<Route, RouteError> | undefined> {
    const ring = (): void => this.#bell.ring();
    this.#job.signal.addEventListener("abort", ring);
    try {
      while (!this.#job.queue.done) {
        this.#job.signal.throwIfAborted();
        if (this.#fatal !== undefined) throw this.#fatal.error;
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

  *#lanes(): Generator<{ readonly work: RouteWork; readonly lane: Lane }> {
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
        const run = this.#takeFree(work, now) ?? this.#takeFromOther(work, now);
        if (run === undefined) break;
        this.#start(work, run, now);
      }
    }
  }

  #mayTake(work: RouteWork, now: number): boolean {
    const others = this.#works.filter((other) => other !== work && other.delivering(now));
    if (!work.mayTake(now, others.length > 0)) return false;
    return work.lanes.size > 0 || others.length < this.#job.limits.routesAtOnce;
  }

  #takeFree(work: RouteWork, now: number): Run | undefined {
    const { file, queue, limits } = this.#job;
    if (work.source?.ranged === false) {
      const whole = { from: 0, to: file.index.chunks.length };
      if (work.lanes.size > 0 || queue.freeLength === 0) return undefined;
      queue.hold(whole);
      return whole;
    }
    const rates = this.#works.map((other) => (other.out ? 0 : (other.meter.rate(now) ?? 0)));
    const choice = {
      failing: work.failing,
      rate: work.meter.rate(now),
      rateOfAll: rates.reduce((sum, rate) => sum + rate, 0),
      lastLength: work.lastLength,
      freeLength: queue.freeLength,
    };
    return queue.take(runLength(choice, limits));
  }

  /** When nothing is free: part or all of the slowest request over another route. */
  #takeFromOther(helper: RouteWork, now: number): Run | undefined {
    if (helper.source?.ranged === false) return undefined;
    let slowest: (Pending & { readonly lane: Lane; readonly alone: Run }) | undefined;
    for (const { work, lane } of this.#lanes()) {
      if (work === helper) continue;
      const alone = this.#aloneWith(lane, now);
      const pending = { lane, alone, ...this.#pendingOf(work, lane, alone, now) };
      if (pending.length === 0) continue;
      if (slowest === undefined || remainingMs(pending) > remainingMs(slowest)) slowest = pending;
    }
    if (slowest === undefined) return undefined;
    const { lane } = slowest;
    const rate = helper.meter.rate(now);
    const { latencyMs } = helper;
    const help = chooseHelp(slowest, { rate, latencyMs }, this.#job.limits.savingMsMin);
    if (help.kind === "leave") return undefined;
    const { from, to } = slowest.alone;
    const cut = help.kind === "race" ? from : this.#cutAfter(slowest.alone, help.keep);
    // What is less than a chunk cannot be split: both try, and the first wins.
    const run = { from: cut < to ? cut : from, to };
    if (run.from > from) lane.shorten(run.from);
    this.#job.queue.hold(run);
    return run;
  }

  /** The part of a request that no other one brings as well, but for silent ones. */
  #aloneWith(lane: Lane, now: number): Run {
    const others: Run[] = [];
    for (const { work, lane: other } of this.#lanes()) {
      if (other !== lane && !work.isSilent(other, now)) others.push(other.rest);
    }
    let alone: Run = { from: lane.rest.to, to: lane.rest.to };
    for (let number = lane.rest.from; number < lane.rest.to; number++) {
      if (this.#job.queue.isSettled(number)) continue;
      if (others.some(({ from, to }) => from <= number && number < to)) continue;
      alone = { from: Math.min(alone.from, number), to: number + 1 };
    }
    return alone;
  }

  #pendingOf(work: RouteWork, lane: Lane, alone: Run, now: number): Pending {
    const length = this.#job.queue.wantedLength(alone);
    const rate = work.meter.rate(now);
    const share = rate === undefined ? undefined : rate / work.lanes.size;
    const silent = work.isSilent(lane, now);
    return { length, ageMs: now - lane.startedAt, silent, rate: share };
  }

  #cutAfter(run: Run, length: number): number {
    let sum = 0;
    for (let number = run.from; number < run.to; number++) {
      sum += this.#job.queue.wantedLength({ from: number, to: number + 1 });
      if (sum >= length) return number + 1;
    }
    return run.to;
  }

  #start(work: RouteWork, run: Run, now: number): void {
    const { file, queue, signal, limits } = this.#job;
    const source = work.source;
    if (source === undefined) return;
    const lane = new Lane(work.route, source, { file, queue, run }, now, signal);
    work.begin(lane, queue.wantedLength(run), now);
    const running = this.#follow(work, lane, limits).finally(() => {
      this.#running.delete(running);
      this.#bell.ring();
    });
    this.#running.add(running);
  }

  async #follow(work: RouteWork, lane: Lane, limits: DownloadLimits): Promise<void> {
    const { clock, random } = this.#ports;
    try {
      await lane.fetch(this.#ports, limits.exchange, {
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
    } catch (error) {
      if (error instanceof RouteError && !this.#job.signal.aborted) {
        work.failed(lane, error, clock.steady(), random);
        work.route.strike(error);
        if (work.source === undefined) for (const other of work.lanes) other.cancel();
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
    work.route.strike(new RouteError("ROUTE_STALLED", work.route.id + lane.source.path, text));
  }

  /** Milliseconds until there may be something to decide; undefined: not before a ring. */
  #nextLook(): number | undefined {
    const now = this.#ports.clock.steady();
    let wait: number | undefined;
    for (const work of this.#works) {
      if (work.out) continue;
      const due = Math.max(work.dueAt - now, 0);
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
