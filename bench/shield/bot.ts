import { connect, type Socket } from "node:net";

const headLengthMax = 8_192;
/** Every bot reads into it, one after the other: nobody keeps what came. */
const scratch = Buffer.allocUnsafe(256 * 1024);

export interface BotPorts {
  /** Of 127.0.0.1. */
  readonly port: number;
  readonly onConnected: () => void;
  /** The status of an answer that came whole, or 0 when none did. */
  readonly onAnswer: (status: number) => void;
}

/** One flooding connection from one address: it has one request under way at most. */
export class Bot {
  readonly #address: string;
  readonly #ports: BotPorts;
  #socket: Socket | undefined;
  #text: string | undefined;
  #askedAt = 0;
  #head = "";
  #status = 0;
  /** Bytes of the body that are still to come. */
  #left = 0;
  #closes = false;

  constructor(address: string, ports: BotPorts) {
    this.#address = address;
    this.#ports = ports;
  }

  get idle(): boolean {
    return this.#text === undefined;
  }

  /** Asks, over the connection that is there or a new one. It must be idle. */
  ask(text: string, now: number): void {
    this.#text = text;
    this.#askedAt = now;
    this.#head = "";
    this.#status = 0;
    this.#socket ??= this.#connect();
    this.#socket.write(text, "latin1");
  }

  /** Gives up what has been under way since before then. */
  giveUp(before: number): void {
    if (this.#text !== undefined && this.#askedAt < before) this.#socket?.destroy();
  }

  close(): void {
    this.#socket?.destroy();
  }

  #connect(): Socket {
    const read = (length: number): boolean => {
      this.#onBytes(scratch.subarray(0, length));
      return true;
    };
    const { port, onConnected } = this.#ports;
    const place = { host: "127.0.0.1", port, localAddress: this.#address };
    const socket = connect({ ...place, onread: { buffer: scratch, callback: read } });
    socket.setNoDelay(true);
    socket.once("connect", onConnected);
    socket.on("error", () => {});
    socket.once("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      if (this.#text !== undefined) this.#done(0);
    });
    return socket;
  }

  #onBytes(bytes: Buffer): void {
    if (this.#text === undefined) return; // more than was promised
    if (this.#status !== 0) return this.#onBody(bytes.length);
    this.#head += bytes.toString("latin1", 0, Math.min(bytes.length, headLengthMax));
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) return;
    const before = this.#head.length - Math.min(bytes.length, headLengthMax);
    const head = this.#head.slice(0, end);
    this.#status = Number(head.slice(9, 12));
    this.#left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    this.#closes = /\r\nconnection: *close/i.test(head);
    this.#onBody(bytes.length - (end + 4 - before));
  }

  #onBody(length: number): void {
    this.#left -= length;
    if (this.#left > 0) return;
    if (this.#closes) {
      this.#socket?.destroy();
      this.#socket = undefined;
    }
    this.#done(this.#status);
  }

  #done(status: number): void {
    this.#text = undefined;
    this.#ports.onAnswer(status);
  }
}
