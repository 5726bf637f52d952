import type { Socket } from "node:net";
import { invariant } from "@causeway/kernel";
import type { HttpResponse } from "../exchange.ts";
import type { HeaderList } from "../headers.ts";
import { connectionClose, headOf } from "./answer-head.ts";

/** The answer to a plain request, written to its socket as Node would write it. */
export class PlainAnswer implements HttpResponse {
  readonly socket: Socket;
  shouldKeepAlive = true;
  statusCode = 200;
  destroyed = false;
  readonly #keepAlive: string;
  readonly #onClosed: () => void;
  readonly #listeners: (() => void)[] = [];
  /** What is still to be sent of it. */
  #head: string | undefined;
  #isBegun = false;

  /**
   * @param keepAlive the lines of a head that say how long the connection stays open
   * @param onClosed called once, after whoever listens: it is with the system, or its client is gone
   */
  constructor(socket: Socket, keepAlive: string, onClosed: () => void) {
    this.socket = socket;
    this.#keepAlive = keepAlive;
    this.#onClosed = onClosed;
  }

  get headersSent(): boolean {
    return this.#isBegun;
  }

  writeHead(status: number, headers: HeaderList): void {
    invariant(!this.#isBegun, "an answer has one head");
    this.#isBegun = true;
    this.statusCode = status;
    const head = headOf(status, headers);
    if (head.closes) this.shouldKeepAlive = false;
    this.#head = head.text(this.shouldKeepAlive ? this.#keepAlive : connectionClose);
  }

  write(bytes: Buffer, then: (error?: Error | null) => void): void {
    this.#send(bytes, "latin1", then);
  }

  end(body: Buffer | string = "", encoding: "latin1" | "utf8" = "utf8"): void {
    this.#send(body, encoding, (error) => {
      if (error === null || error === undefined) this.close();
    });
  }

  /** The connection goes with it. */
  destroy(): void {
    this.socket.destroy();
  }

  /** It is over, whole or not. Safe to call twice. */
  close(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    for (const listener of this.#listeners.splice(0)) listener();
    this.#onClosed();
  }

  once(_event: "close", listener: () => void): void {
    this.#listeners.push(listener);
  }

  off(_event: "close", listener: () => void): void {
    const at = this.#listeners.indexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }

  listenerCount(_event: "close"): number {
    return this.#listeners.length;
  }

  #send(
    body: Buffer | string,
    encoding: "latin1" | "utf8",
    then: (error?: Error | null) => void,
  ): void {
    invariant(this.#isBegun, "an answer begins with its head");
    const { socket } = this;
    const head = this.#head;
    this.#head = undefined;
    // A head is ASCII or Latin-1 without letters of a body, so it may go in the body's encoding.
    if (typeof body === "string") socket.write((head ?? "") + body, encoding, then);
    else if (head === undefined) socket.write(body, then);
    else {
      socket.cork();
      socket.write(head, "latin1");
      socket.write(body, then);
      socket.uncork();
    }
  }
}
