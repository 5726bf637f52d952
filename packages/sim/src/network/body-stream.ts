import type { Life, Settle } from "../life.ts";
import type { World } from "../world.ts";
import type { Line } from "./line.ts";
import type { Body } from "./reply.ts";

const socketBuffer = 128 * 1024; // bytes that wait at the client until they are read
const pieceMax = 16 * 1024; // one TLS record; what a socket gives at once, as a rule
const pieceMs = 50; // so that a slow line brings small pieces often

type Next = IteratorResult<Uint8Array, undefined>;

/** Where a body comes through. */
export interface Way {
  readonly world: World;
  readonly life: Life;
  /** Of the route. */
  readonly line: Line;
  /** Of the customer, shared with all other routes. */
  readonly home: Line;
}

/** How a body ends. */
export interface Ends {
  /** Called once, when all of it was sent in good order. */
  readonly whole: () => void;
  /** Makes the error of a connection that breaks. */
  readonly broken: () => Error;
}

/**
 * A body on its way: pieces are sent as the lines allow, and wait in the socket until they are
 * read. When that is full, nothing is sent.
 */
export class BodyStream implements AsyncIterable<Uint8Array> {
  readonly #way: Way;
  readonly #body: Body;
  readonly #ends: Ends;
  readonly #arrived: Uint8Array[] = [];
  #waiting: Settle<Next> | undefined;
  #sent = 0;
  #buffered = 0;
  #sending = false;
  #done = false; // no more will come
  #failure: { readonly error: unknown } | undefined;
  /** Bytes that the client has taken. */
  pulled = 0;

  constructor(way: Way, body: Body, ends: Ends) {
    this.#way = way;
    this.#body = body;
    this.#ends = ends;
    this.#send();
  }

  /** Bytes in the socket. */
  get buffered(): number {
    return this.#buffered;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.cancel();
        return { done: true, value: undefined };
      },
    };
  }

  /** Lets go of the connection; whoever waits gets `error`, or the end. */
  cancel(error?: unknown): void {
    if (this.#done && this.#failure === undefined && error === undefined) return;
    this.#done = true;
    this.#arrived.length = 0;
    this.#buffered = 0;
    if (error !== undefined) this.#failure = { error };
    this.#wake();
  }

  #next(): Promise<Next> {
    return this.#way.life.call((settle) => {
      this.#waiting = settle;
      this.#wake();
    });
  }

  /** Gives the one who waits what there is. */
  #wake(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const piece = this.#arrived.shift();
    if (piece === undefined && this.#failure === undefined && !this.#done) return;
    this.#waiting = undefined;
    if (piece !== undefined) {
      this.#buffered -= piece.length;
      this.pulled += piece.length;
      waiting.resolve({ done: false, value: piece });
      this.#send();
    } else if (this.#failure !== undefined) waiting.reject(this.#failure.error);
    else waiting.resolve({ done: true, value: undefined });
  }

  /** Puts the next piece on its way, unless one is, or the socket is full. */
  #send(): void {
    if (this.#sending || this.#done || this.#way.life.dead) return;
    const left = this.#body.length - this.#sent;
    if (left <= 0) {
      this.#finish();
      return;
    }
    const { world, line, home } = this.#way;
    const { drip } = this.#body;
    const uncut = (line.traits.cutAfter ?? Infinity) - this.#sent;
    if (uncut <= 0) {
      this.#fail();
      return;
    }
    const usual = (line.traits.bytesPerSecond * pieceMs) / 1000;
    const most = drip?.bytes ?? Math.min(pieceMax, Math.max(512, Math.floor(usual)));
    const piece = this.#body.read(this.#sent, Math.min(most, left, uncut));
    if (this.#buffered + piece.length > socketBuffer) return;
    this.#sending = true;
    this.#sent += piece.length;
    const left1 = line.occupy(piece.length, world.now);
    const left2 = home.occupy(piece.length, world.now);
    const ready = Math.max(left1, left2, drip === undefined ? 0 : world.now + drip.everyMs);
    // The latency was waited for with the headers; what is lost costs time again.
    const passage = line.pass(ready);
    if (passage.kind === "never") return;
    const late = passage.kind === "broken" ? 0 : passage.afterMs - line.traits.latencyMs;
    world.after(ready + late - world.now, () => {
      this.#sending = false;
      if (passage.kind === "broken") this.#fail();
      else this.#arrive(piece);
    });
  }

  #arrive(piece: Uint8Array): void {
    if (this.#done) return;
    this.#arrived.push(piece);
    this.#buffered += piece.length;
    this.#wake();
    this.#send();
  }

  #finish(): void {
    if (this.#body.after === "silence") return;
    if (this.#body.after === "reset") {
      this.#fail();
      return;
    }
    this.#done = true;
    this.#ends.whole();
    this.#wake();
  }

  #fail(): void {
    if (this.#done) return;
    this.#done = true;
    this.#failure = { error: this.#ends.broken() };
    this.#wake();
  }
}
