import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the proxy does instead of passing the request on, or with the answer's bytes. */
export type Lie =
  | { readonly kind: "answer"; readonly status: number; readonly body?: string }
  | { readonly kind: "cut" }
  | { readonly kind: "silent" }
  | { readonly kind: "change"; readonly change: (answer: Buffer) => Buffer };

/** Stands in front of a real server; what `lie` says nothing of goes through as it is. */
export class LyingProxy {
  lie: (method: string, url: string) => Lie | undefined = () => undefined;
  /** `METHOD URL` of each request that went through, in order. */
  readonly passed: string[] = [];
  readonly #server = createServer((asked, answer) => void this.#answer(asked, answer));
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = asked;
    const lie = this.lie(method, url);
    const body = await bytesOf(asked);
    if (lie?.kind === "silent") return;
    if (lie?.kind === "cut") {
      asked.socket.destroy();
      return;
    }
    if (lie?.kind === "answer") {
      answer.writeHead(lie.status, { "Content-Type": "application/xml", ETag: '"0"' });
      answer.end(lie.body ?? "");
      return;
    }
    this.passed.push(`${method} ${url}`);
    const onward = request({ host: "127.0.0.1", port: this.#port, method, path: url, headers });
    onward.end(body);
    const [real] = (await once(onward, "response")) as [IncomingMessage];
    const bytes = await bytesOf(real);
    const { "content-length": _, ...kept } = real.headers; // a lie may have another one
    answer.writeHead(real.statusCode ?? 500, kept);
    answer.end(lie?.kind === "change" ? lie.change(bytes) : bytes);
  }
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
