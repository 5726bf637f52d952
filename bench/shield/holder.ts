import { connect, type Socket } from "node:net";
import type { BotPorts } from "./bot.ts";

const dripMs = 1_000;

/**
 * One connection that is there to be held: it sends a header every second and never the last one,
 * or reads nothing of what it asked for but a KiB every second.
 */
export class Holder {
  readonly #address: string;
  readonly #text: string;
  readonly #reads: boolean;
  readonly #ports: BotPorts;
  #socket: Socket | undefined;
  #movedAt = 0;

  /** @param reads it waits for an answer, and takes it slowly; otherwise it asks slowly */
  constructor(address: string, text: string, reads: boolean, ports: BotPorts) {
    this.#address = address;
    this.#text = text;
    this.#reads = reads;
    this.#ports = ports;
  }

  /** True when it has no connection, and none is being made. */
  get idle(): boolean {
    return this.#socket === undefined;
  }

  begin(now: number): void {
    const { port, onConnected, onAnswer } = this.#ports;
    const socket = connect({ host: "127.0.0.1", port, localAddress: this.#address });
    socket.once("connect", onConnected);
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#socket = undefined;
      onAnswer(0);
    });
    if (this.#reads) socket.pause();
    else socket.resume();
    socket.write(this.#text);
    this.#socket = socket;
    this.#movedAt = now;
  }

  /** Does the least that looks like life. */
  live(now: number): void {
    if (this.#socket === undefined || now - this.#movedAt < dripMs) return;
    this.#movedAt = now;
    if (this.#reads) this.#socket.read(1024);
    else this.#socket.write("X-Still: here\r\n");
  }

  close(): void {
    this.#socket?.destroy();
  }
}
