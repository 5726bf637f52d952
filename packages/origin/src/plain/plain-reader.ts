import type { Socket } from "node:net";
import type { HttpRequest } from "../exchange.ts";
import { PlainAnswer } from "./plain-answer.ts";
import { readPlainRequest } from "./plain-request.ts";

/** What stands around a reader. */
interface PlainReaderPorts {
  /** Of a head, and of what may come before the answer to the last one is over. */
  readonly headBytesMax: number;
  readonly keepAliveMs: number;
  readonly requestsMax: number;
  readonly onRequest: (request: HttpRequest, answer: PlainAnswer) => void;
  /** These bytes came next, and are not plain. The reader has nothing to do with the socket any more. */
  readonly onOther: (bytes: Buffer) => void;
  /** More came behind a request than another head may have. */
  readonly onCrowded: () => void;
}

/**
 * Reads plain requests from a connection, one after the other, for half of what Node's parser and its
 * objects cost; with the first that is anything else, the connection is Node's for good.
 */
export class PlainReader {
  readonly #socket: Socket;
  readonly #ports: PlainReaderPorts;
  readonly #keepAlive: string;
  readonly #onData = (bytes: Buffer): void => this.#read(bytes);
  readonly #onEnd = (): void => this.#noteEnd();
  readonly #onClose = (): void => this.#answer?.close();
  #answer: PlainAnswer | undefined;
  /** What came before the answer was over. */
  #behind: Buffer | undefined;
  #asked = 0;
  #hasEnded = false;

  constructor(socket: Socket, ports: PlainReaderPorts) {
    this.#socket = socket;
    this.#ports = ports;
    const seconds = Math.floor(ports.keepAliveMs / 1000);
    const stays = `timeout=${seconds}, max=${ports.requestsMax}`;
    this.#keepAlive = `Connection: keep-alive\r\nKeep-Alive: ${stays}\r\n`;
  }

  begin(): void {
    this.#socket.on("data", this.#onData);
    this.#socket.on("end", this.#onEnd);
    this.#socket.on("close", this.#onClose);
  }

  #read(bytes: Buffer): void {
    if (this.#answer !== undefined) return this.#keep(bytes);
    const request = readPlainRequest(bytes, this.#socket, this.#ports.headBytesMax);
    if (request === undefined) return this.#handOver(bytes);
    this.#asked++;
    const answer = new PlainAnswer(this.#socket, this.#keepAlive, () => this.#goOn(answer));
    const isLast = this.#asked >= this.#ports.requestsMax;
    if (isLast || request.headers.connection?.toLowerCase() === "close") {
      answer.shouldKeepAlive = false;
    }
    this.#answer = answer;
    this.#ports.onRequest(request, answer);
  }

  #goOn(answer: PlainAnswer): void {
    this.#answer = undefined;
    if (this.#socket.destroyed) return;
    if (this.#hasEnded || !answer.shouldKeepAlive) return this.#socket.destroySoon();
    const bytes = this.#behind;
    this.#behind = undefined;
    if (bytes !== undefined) this.#read(bytes);
  }

  #keep(bytes: Buffer): void {
    this.#behind = this.#behind === undefined ? bytes : Buffer.concat([this.#behind, bytes]);
    if (this.#behind.length > this.#ports.headBytesMax) this.#ports.onCrowded();
  }

  #handOver(bytes: Buffer): void {
    this.#socket.off("data", this.#onData);
    this.#socket.off("end", this.#onEnd);
    this.#socket.off("close", this.#onClose);
    this.#ports.onOther(bytes);
  }

  /** A client may end its side after its request and still read. */
  #noteEnd(): void {
    this.#hasEnded = true;
    if (this.#answer === undefined) this.#socket.end();
  }
}
