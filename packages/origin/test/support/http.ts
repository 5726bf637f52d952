import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { request as secureRequest } from "node:https";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly body?: string | Uint8Array;
  /** Of https URLs. */
  readonly ca?: string;
}

/** Asks over node:http or node:https. Rejects when the answer is cut. */
export function ask(url: URL | string, options: AskOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const open = options.ca === undefined ? request : secureRequest;
    const sent = open(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(chunks) });
      });
    });
    sent.once("error", reject);
    sent.end(options.body);
  });
}

/** An open connection that takes any bytes. */
export function dial(port: number): Socket {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => {}); // a reset is one of the answers
  return socket;
}

/** Sends bytes on a raw socket, and returns all that comes until the server closes. */
export function askRaw(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = dial(port);
  socket.write(bytes);
  return untilClosed(socket);
}

export async function untilClosed(socket: Socket): Promise<string> {
  try {
    return await text(socket.setEncoding("latin1"));
  } catch {
    return ""; // reset
  }
}

/** One request head that asks the server to close afterwards. */
export function head(line: string, headers: readonly string[] = []): string {
  return [line, "Host: causeway.test", "Connection: close", ...headers, "", ""].join("\r\n");
}

/** The status of a raw answer, 0 when the connection was closed without one. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
}
