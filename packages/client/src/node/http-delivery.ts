import type { IncomingMessage } from "node:http";
import type { Delivery, TransportRequest } from "@causeway/kernel";
import { broken } from "./http-fault.ts";
import { isOfAnotherTime, joinHeaders } from "./http-request.ts";
import { giveBack, type ParsedBuffers } from "./spent-buffers.ts";

const drainLengthMax = 16 * 1024; // reading so little is cheaper than a new connection
const drainMs = 1_000;

/** An answer over HTTP/1.1, read as it is asked for. */
export class HttpDelivery implements Delivery {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: AsyncIterable<Uint8Array>;
  readonly #answer: IncomingMessage;
  readonly #parsed: ParsedBuffers;
  #reading = false;

  constructor(answer: IncomingMessage, request: TransportRequest, parsed: ParsedBuffers) {
    this.#answer = answer;
    this.#parsed = parsed;
    this.status = answer.statusCode ?? 0;
    const headers = new Map(joinHeaders(answer.rawHeaders));
    // Who has an old certificate has no say in what time it is, nor in who we are.
    if (isOfAnotherTime(answer.socket)) {
      headers.delete("date");
      headers.delete("causeway-ticket");
    }
    this.headers = headers;
    this.body = this.#read(request);
  }

  async *#read(request: TransportRequest): AsyncGenerator<Uint8Array, void, undefined> {
    this.#reading = true;
    try {
      for await (const piece of this.#answer) {
        const bytes = piece as Uint8Array;
        this.#parsed.made(bytes);
        yield bytes;
        giveBack(bytes);
      }
    } catch (cause) {
      request.signal.throwIfAborted();
      throw broken(request, cause);
    }
  }

  close(): void {
    const answer = this.#answer;
    if (answer.readableEnded || answer.destroyed) return;
    const promised = Number(this.headers.get("content-length") ?? 0);
    if (this.#reading || !(promised <= drainLengthMax)) {
      answer.destroy();
      return;
    }
    let drained = 0;
    answer.on("data", (bytes: Uint8Array) => {
      drained += bytes.length;
      if (drained > drainLengthMax) answer.destroy();
    });
    const timer = setTimeout(() => answer.destroy(), drainMs);
    timer.unref();
    answer.on("close", () => clearTimeout(timer));
  }
}
