import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { Handler } from "../src/exchange.ts";
import { fileHandler } from "../src/file-handler.ts";
import { HttpServer } from "../src/http-server.ts";
import { blockBytes, defaultLimits } from "../src/limits.ts";
import { refuse, refuseForNow } from "../src/refusals.ts";
import { Tree } from "../src/tree.ts";
import { ask, askRaw, dial, head } from "./support/http.ts";
import { eventually, testOrigin } from "./support/origin.ts";
import { noise, TestRepository } from "./support/repository.ts";

test("every answer that begins also ends, when its client leaves in the middle", async (t) => {
  const repository = new TestRepository();
  // A small cache: blocks are read from the disk while clients leave.
  const limits = { ...defaultLimits, cacheBytesMax: 512 * 1024 };
  const tree = new Tree(repository.tree, () => undefined, limits);
  const files = fileHandler({
    tree,
    alternates: [],
    office: undefined,
    pace: undefined,
    log: () => {},
  });
  let begun = 0;
  let ended = 0;
  const counted: Handler = async (exchange) => {
    begun++;
    await files(exchange);
    ended++;
  };
  const server = new HttpServer(counted, limits, () => {});
  const port = await server.listen({ host: "127.0.0.1", port: 0, reusePort: false });
  t.after(async () => {
    await server.stop(0);
    tree.close();
    repository.remove();
  });
  const path = repository.addTarget(noise(4_000_000));
  for (let round = 0; round < 60; round++) {
    const socket = dial(port);
    socket.write(head(`GET /${path} HTTP/1.1`).repeat(3));
    const stay = round % 3;
    if (stay > 0) await once(socket, "readable");
    if (stay > 1) socket.read(100_000 + round);
    socket.destroy();
  }
  await eventually("all that began have ended", () => begun >= 20 && begun === ended);
});

test("a long answer takes a slot for each of its blocks, and keeps none while its client reads", async (t) => {
  const repository = new TestRepository();
  const tree = new Tree(repository.tree, () => undefined, defaultLimits);
  const files = fileHandler({
    tree,
    alternates: [],
    office: undefined,
    pace: undefined,
    log: () => {},
  });
  let slots = 1;
  let taken = 0;
  const free = (): void => void (slots = 0);
  const take = async (): Promise<void> => {
    assert.equal(slots, 0);
    slots++;
    taken++;
  };
  const slotted: Handler = (exchange) => files({ ...exchange, slot: { free, take } });
  const server = new HttpServer(slotted, defaultLimits, () => {});
  const port = await server.listen({ host: "127.0.0.1", port: 0, reusePort: false });
  t.after(async () => {
    await server.stop(0);
    tree.close();
    repository.remove();
  });
  const bytes = noise(3 * blockBytes + 1);
  const path = repository.addTarget(bytes);
  assert.ok((await ask(`http://127.0.0.1:${port}/${path}`)).body.equals(bytes));
  assert.equal(taken, 3);
});

test("a handler in front may refuse in place of the one behind it", async (t) => {
  const shed: Handler = async (exchange) => refuseForNow(exchange, 503, ["https://alternate/"]);
  const server = new HttpServer(shed, defaultLimits, () => {});
  const port = await server.listen({ host: "127.0.0.1", port: 0, reusePort: false });
  t.after(() => server.stop(0));
  const answer = await ask(`http://127.0.0.1:${port}/metadata/timestamp.json`);
  assert.equal(answer.status, 503);
  const body = head("GET /a HTTP/1.1").replace("close", "keep-alive\r\nContent-Length: 3");
  const closed = await askRaw(port, `${body}abc${head("GET /b HTTP/1.1")}`);
  assert.equal(closed.split("HTTP/1.1 503 ").length, 2, "none behind a body");
  assert.equal(server.counts().traffic.metadata.newcomer.answers[503], 1);
});

test("nothing is begun behind an answer that closes the connection", async (t) => {
  let begun = 0;
  const closing: Handler = async (exchange) => {
    begun++;
    refuse(exchange, 431, ["Connection", "close"]);
  };
  const server = new HttpServer(closing, defaultLimits, () => {});
  const port = await server.listen({ host: "127.0.0.1", port: 0, reusePort: false });
  t.after(() => server.stop(0));
  await askRaw(port, "GET /metadata/a HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3));
  assert.equal(begun, 1);
});

test("a tunnel that is asked for and left at once harms nobody", async (t) => {
  const origin = await testOrigin(t);
  for (let round = 0; round < 400; round++) {
    const socket = dial(origin.port);
    await once(socket, "connect");
    socket.write(head("CONNECT causeway.test:443 HTTP/1.1"));
    socket.resetAndDestroy();
  }
  const answer = await ask(new URL("metadata/timestamp.json", origin.url));
  assert.equal(answer.status, 200);
});
