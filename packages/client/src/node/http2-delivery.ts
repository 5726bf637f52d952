import { type ClientHttp2Stream, constants } from "node:http2";
import type { Delivery, TransportRequest } from "@causeway/kernel";
import { broken } from "./http-fault.ts";
import { joinHeaders } from "./http-request.ts";

const drainLengthMax = 16 * 1024; // reading so little is kinder than a reset, which floods use
const drainMs = 1_000;

/** What an answer came for, and over. */
interface Origin {
  readonly request: TransportRequest;
  readonly session: { readonly bytesRead: number; retire(): void };
}

/** An answer over HTTP/2, read as it is asked for. */
export class Http2Delivery implements Delivery {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: AsyncIterable<Uint8Array>;
  readonly #stream: ClientHttp2Stream;
  readonly #origin: Origin;
  #reading = false;
  #heard: number;

  constructor(stream: ClientHttp2Stream, status: number, raw: readonly string[], origin: Origin) {
    this.#stream = stream;
    this.#origin = origin;
    this.#heard = origin.session.bytesRead;
    this.status = status;
    this.headers = joinHeaders(raw);
    this.body = this.#read();
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    const { request, session } = this.#origin;
    this.#reading = true;
    try {
      for await (const bytes of this.#stream) {
        this.#heard = session.bytesRead;
        yield bytes as Uint8Array;
      }
    } catch (cause) {
      request.signal.throwIfAborted();
      throw broken(request, cause);
    }
  }

  close(): void {
    const stream = this.#stream;
    if (stream.readableEnded || stream.closed || stream.destroyed) return;
    const promised = Number(this.headers.get("content-length") ?? Number.NaN);
    if (!this.#reading && promised <= drainLengthMax) {
      stream.resume();
      const timer = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), drainMs);
      timer.unref();
      stream.on("close", () => clearTimeout(timer));
      return;
    }
    const { session } = this.#origin;
    // Silent within a body: the connection may be dead.
    if (this.#reading && session.bytesRead === this.#heard) session.retire();
    stream.close(constants.NGHTTP2_CANCEL);
  }
}
