import { type Chunk, invariant, RouteError } from "@causeway/kernel";
import type { ExchangeLimits } from "../limits.ts";
import { Cancel } from "../routes/cancel.ts";
import { type Answer, type ExchangePorts, exchange } from "../routes/exchange.ts";
import type { Route } from "../routes/route.ts";
import type { ChunkQueue, Run } from "./chunk-queue.ts";
import { type ChunkedFile, type ChunkSource, rangeIn, unpack } from "./chunk-source.ts";
import { VerifiedChunk } from "./chunk-verified.ts";

/** What a lane tells while it runs. */
export interface LaneEvents {
  /** The answer is here, its bytes come next. */
  answered(): void;
  /** So many bytes came, worth so many bytes of the target. */
  heard(wireBytes: number, worth: number): void;
  /** A chunk came whole and right. It must be on its way to the disk when this resolves. */
  arrived(number: number, chunk: VerifiedChunk): Promise<void>;
}

/** One request in flight: a run of neighbouring chunks over one route. */
export class Lane {
  readonly route: Route;
  readonly source: ChunkSource;
  readonly startedAt: number;
  readonly #file: ChunkedFile;
  readonly #queue: ChunkQueue;
  readonly #cancel: Cancel;
  #next: number;
  #to: number;
  readonly #end: number; // of the request; `to` may become less
  #lastHeard: number;
  #answered = false;
  #busy = false; // with a chunk that is here, so that silence is ours

  constructor(
    route: Route,
    source: ChunkSource,
    work: { readonly file: ChunkedFile; readonly queue: ChunkQueue; readonly run: Run },
    now: number,
    signal: AbortSignal,
  ) {
    this.route = route;
    this.source = source;
    this.#file = work.file;
    this.#queue = work.queue;
    this.#next = work.run.from;
    this.#to = work.run.to;
    this.#end = work.run.to;
    this.startedAt = now;
    this.#lastHeard = now;
    this.#cancel = new Cancel(signal);
  }

  /** The chunks that it still holds. */
  get rest(): Run {
    return { from: this.#next, to: this.#to };
  }

  /** True when nothing that it would still bring is wanted. */
  get idle(): boolean {
    return this.#queue.firstWanted(this.rest) === undefined;
  }

  /** True when it has read all that it asked for; its end is near. */
  get through(): boolean {
    return this.#next === this.#end;
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** Milliseconds without a byte, while we would have taken one. */
  silence(now: number): number {
    return this.#busy ? 0 : now - this.#lastHeard;
  }

  /** Gives up the chunks from `to` on; the request ends when it gets there. */
  shorten(to: number): void {
    this.#queue.release({ from: to, to: this.#to });
    this.#to = to;
  }

  /** Ends the request. `fetch` then resolves. */
  cancel(): void {
    this.#cancel.cancel(cancelled);
  }

  /**
   * Fetches the run. Whatever came before a failure stays; what is left of the run is let go.
   * @returns false when it was cancelled
   * @throws {RouteError} what the route did wrong
   * @throws what `arrived` threw
   */
  async fetch(ports: ExchangePorts, limits: ExchangeLimits, events: LaneEvents): Promise<boolean> {
    const path = this.source.path;
    try {
      const answer = await exchange(ports, this.route, {
        path,
        ...(this.source.ranged && { range: this.#range() }),
        lengthMax: this.source.length,
        signal: this.#cancel.signal,
        limits,
      });
      this.#answered = true;
      this.#lastHeard = ports.clock.steady();
      events.answered();
      await this.#read(answer, ports, events);
      return true;
    } catch (error) {
      if (error !== cancelled) throw error;
      return false;
    } finally {
      this.#cancel.release();
      this.#queue.release(this.rest);
    }
  }

  #range(): { start: number; end: number } {
    const { start } = rangeIn(this.source, this.#chunk(this.#next));
    const { end } = rangeIn(this.source, this.#chunk(this.#to - 1));
    return { start, end };
  }

  #chunk(number: number): Chunk {
    const chunk = this.#file.index.chunks.at(number);
    invariant(chunk !== undefined, "a run lies within its index");
    return chunk;
  }

  async #read(answer: Answer, ports: ExchangePorts, events: LaneEvents): Promise<void> {
    const first = this.#chunk(this.#next);
    let frame = new Uint8Array(frameLength(this.source, first));
    let filled = 0;
    for await (const piece of answer.body) {
      let at = 0;
      while (at < piece.length) {
        const chunk = this.#chunk(this.#next);
        const length = frameLength(this.source, chunk);
        if (frame.length < length) frame = grown(frame, length);
        const part = piece.subarray(at, at + length - filled);
        frame.set(part, filled);
        filled += part.length;
        at += part.length;
        this.#lastHeard = ports.clock.steady();
        events.heard(part.length, (part.length * chunk.length) / length);
        if (filled < length) continue;
        filled = 0;
        if (!this.#queue.isSettled(this.#next)) {
          const verified = this.#verified(frame.subarray(0, length), chunk, answer);
          this.#busy = true;
          await events.arrived(this.#next, verified);
          this.#busy = false;
          this.#lastHeard = ports.clock.steady();
        }
        this.#queue.release({ from: this.#next, to: this.#next + 1 });
        this.#next++;
        // At the answer's own end its end is read too, so that the connection can be used again.
        if (this.through) break;
        if (this.idle) return;
      }
    }
    if (this.idle) return;
    const text = `ended before byte ${this.#range().end} of ${this.source.path}`;
    throw new RouteError("ROUTE_TRUNCATED", this.route.id + this.source.path, text);
  }

  #verified(bytes: Uint8Array, chunk: Chunk, { blamed }: Answer): VerifiedChunk {
    try {
      const url = this.route.id + this.source.path;
      return VerifiedChunk.delivered(unpack(this.source, bytes, chunk), chunk, url);
    } catch (error) {
      throw blamed(error);
    }
  }
}

const cancelled = new Error("the request is not needed any more");

function frameLength(source: ChunkSource, chunk: Chunk): number {
  return source.kind === "raw" ? chunk.length : chunk.packLength;
}

function grown(old: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  bytes.set(old);
  return bytes;
}
