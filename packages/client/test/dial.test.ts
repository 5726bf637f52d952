import assert from "node:assert/strict";
import * as http from "node:http";
import * as net from "node:net";
import { test } from "node:test";
import { RouteError, type TransportStep } from "@causeway/kernel";
import type { Address } from "../src/node/connect/attempts.ts";
import type { NameSources } from "../src/node/connect/names.ts";
import { httpTransport } from "../src/node/http-transport.ts";
import { nodePorts } from "../src/node/index.ts";
import { exchange } from "../src/routes/exchange.ts";
import { parseRoute } from "../src/routes/parse-route.ts";
import { startFullListener } from "./support/full-listener.ts";
import { quickExchange } from "./support/quick.ts";

const { clock, random } = nodePorts();

/** Every name leads to these addresses of this machine. */
function namesOf(...addresses: readonly string[]): NameSources {
  const found = addresses.map(
    (address): Address => ({ address, family: net.isIPv6(address) ? 6 : 4 }),
  );
  return { system: async () => found, servers: async () => found };
}

async function listen(server: net.Server, host = "127.0.0.1", port = 0): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(port, host, resolve);
  });
  return (server.address() as net.AddressInfo).port;
}

async function ask(
  names: NameSources,
  port: number,
): Promise<{ readonly steps: readonly TransportStep[]; readonly ms: number }> {
  const transport = httpTransport({ names });
  const steps: TransportStep[] = [];
  const start = clock.steady();
  try {
    const delivery = await transport.open({
      url: new URL(`http://updates.example:${port}/x`),
      signal: new AbortController().signal,
      onStep: (step) => steps.push(step),
    });
    delivery.close();
    return { steps, ms: clock.steady() - start };
  } finally {
    transport.close();
  }
}

test("addresses that refuse and hang cost little beside one that answers", async () => {
  const server = http.createServer((_, response) => response.end());
  const port = await listen(server);
  await using full = await startFullListener("127.0.0.2", port);
  assert.equal(full.port, port);
  try {
    const { steps, ms } = await ask(namesOf("127.0.0.3", "127.0.0.2", "127.0.0.1"), port);
    assert.deepEqual(steps, ["named", "connected"]);
    assert.ok(ms >= 200 && ms < 1_500, `${ms} ms`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test("an address that hangs is given up at the deadline, and nothing stays open", async () => {
  await using full = await startFullListener("127.0.0.2");
  const transport = httpTransport({ names: namesOf("127.0.0.2") });
  const route = parseRoute(`http://updates.example:${full.port}/`);
  const { signal } = new AbortController();
  const request = { path: "x", lengthMax: 9, limits: quickExchange, signal };
  await assert.rejects(
    exchange({ clock, random, transport }, route, request),
    /no answer for 0\.5 s/,
  );
  await clock.sleep(20);
  const sockets = process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap");
  assert.equal(sockets.length, 8, "those that fill the listener's queue");
  transport.close();
});

test("closing ends what is being opened and read, and what comes later", async () => {
  const server = http.createServer((request, response) => {
    if (request.url !== "/hangs") response.writeHead(200).write("some");
  });
  const port = await listen(server);
  await using full = await startFullListener("127.0.0.2");
  const transport = httpTransport();
  const { signal } = new AbortController();
  const open = (text: string): ReturnType<typeof transport.open> => {
    return transport.open({ url: new URL(text), signal });
  };
  const { body } = await open(`http://127.0.0.1:${port}/body`);
  const reader = body[Symbol.asyncIterator]();
  await reader.next();
  const all = [
    reader.next(),
    open(`http://127.0.0.1:${port}/hangs`),
    open(`http://127.0.0.2:${full.port}/`),
  ];
  await clock.sleep(50);
  transport.close();
  transport.close();
  const ends = await Promise.allSettled([...all, open(`http://127.0.0.1:${port}/body`)]);
  for (const end of ends) {
    assert.ok(end.status === "rejected" && end.reason instanceof RouteError);
    assert.equal(end.reason.reset, false, "nobody is to try again");
  }
  server.close();
  server.closeAllConnections();
});

test("interim answers on and on are ended before they cost anything", async () => {
  const flood = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(100);
  let sent = 0;
  const server = net.createServer((socket) => {
    const more = (): void => {
      for (let drained = true; drained && !socket.destroyed; sent++) drained = socket.write(flood);
    };
    socket.on("error", () => undefined).on("drain", more);
    more();
  });
  const port = await listen(server);
  await assert.rejects(ask(namesOf("127.0.0.1"), port), /interim answers on and on/);
  server.close();
  assert.ok(sent * flood.length < 16 * 1024 * 1024, `${sent * flood.length} bytes`);
});

test("a few interim answers are passed over", async () => {
  const server = net.createServer((socket) => {
    const hint = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(3);
    socket.on("error", () => undefined);
    socket.end(`HTTP/1.1 100 Continue\r\n\r\n${hint}HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n`);
  });
  const port = await listen(server);
  assert.deepEqual((await ask(namesOf("127.0.0.1"), port)).steps, ["named", "connected"]);
  server.close();
});
