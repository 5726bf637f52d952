import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isFromHere } from "./is-from-here.ts";
import { listenOn } from "./listen.ts";

const host = "127.0.0.1"; // operators only; never an address that the flood can reach

/** A server for the operators of this machine. */
export interface LoopbackServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Answers programs on this machine, and no web page, over HTTP on 127.0.0.1.
 * @param port that `--admin-port` says; 0 takes a free one
 * @throws {HostError} `HOST_ADDRESS`
 */
export async function startLoopbackServer(
  port: number,
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<LoopbackServer> {
  const server = createServer({ maxHeaderSize: 8 * 1024, requestTimeout: 5_000 });
  server.maxConnections = 64;
  server.on("request", (request, response) => {
    if (isFromHere(request)) void answer(request, response);
    else sendText(response, 403, "ask as 127.0.0.1, and from no web page\n");
  });
  const address = await listenOn(server, { host, port, reusePort: false }, "--admin-port");
  return {
    url: `http://${host}:${address}`,
    close: () => {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Answers with a text that is not to be kept. */
export function sendText(
  response: ServerResponse,
  status: number,
  body: string,
  type = "text/plain",
): void {
  response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" });
  response.end(body);
}

/** Answers with metrics as `openMetricsText` writes them. */
export function sendMetrics(response: ServerResponse, text: string): void {
  sendText(response, 200, text, "application/openmetrics-text; version=1.0.0; charset=utf-8");
}
