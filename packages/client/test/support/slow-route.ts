import * as http from "node:http";
import type { AddressInfo } from "node:net";
import type { Files } from "./faulty-route.ts";

export interface SlowRoute {
  readonly url: string;
  /** Bytes of bodies that were handed to the operating system. */
  readonly sent: number;
  bytesPerSecond: number;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const tickMs = 10;

/** An honest route on loopback whose requests share one bandwidth. */
export async function startSlowRoute(files: Files, bytesPerSecond: number): Promise<SlowRoute> {
  let sent = 0;
  const waiting = new Set<() => void>();
  const timer = setInterval(() => {
    for (const push of waiting) push();
  }, tickMs);
  const server = http.createServer((request, response) => {
    const file = files.get(decodeURIComponent(request.url?.slice(1) ?? ""));
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const start = Number(range?.[1] ?? 0);
    const end = Number(range?.[2] ?? file.length - 1) + 1;
    response.writeHead(range === null ? 200 : 206, {
      "content-length": end - start,
      ...(range && { "content-range": `bytes ${start}-${end - 1}/${file.length}` }),
    });
    let at = start;
    const push = (): void => {
      const share = (route.bytesPerSecond * tickMs) / 1000 / Math.max(1, waiting.size);
      const to = Math.min(end, at + Math.ceil(share));
      if (response.destroyed) waiting.delete(push);
      else if (!response.writableNeedDrain) {
        response.write(file.subarray(at, to));
        sent += to - at;
        at = to;
        if (at < end) return;
        waiting.delete(push);
        response.end();
      }
    };
    response.on("error", () => undefined);
    waiting.add(push);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    if (!server.listening) return;
    const closed = new Promise((resolve) => {
      server.close(resolve);
    });
    server.closeAllConnections();
    await closed;
  };
  const route: SlowRoute = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get sent() {
      return sent;
    },
    bytesPerSecond,
    close: stop,
    [Symbol.asyncDispose]: stop,
  };
  return route;
}
