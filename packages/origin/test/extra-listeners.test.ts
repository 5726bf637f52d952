import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { HostError } from "@causeway/kernel";
import { startOrigin } from "../src/origin.ts";
import { ask, dial, head, untilClosed } from "./support/http.ts";
import { sleep, testOrigin } from "./support/origin.ts";

const skip = process.platform === "linux" ? false : "only Linux tells of its sockets by file";
const limits = { listeners: 16 };

/** How many sockets of this machine listen on a port of IPv4: state 0A of proc_net_tcp(5). */
function listenersOn(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = readFileSync("/proc/net/tcp", "latin1").split("\n");
  return lines.filter((line) => new RegExp(`^ *\\d+: [0-9A-F]{8}${local} \\S+ 0A `).test(line))
    .length;
}

test("a worker listens often enough to take many connections in a turn", { skip }, async (t) => {
  const origin = await testOrigin(t, { limits });
  assert.equal(listenersOn(origin.port), 16);
  const line = "GET /metadata/timestamp.json HTTP/1.1";
  const answers = Array.from({ length: 200 }, () => {
    const socket = dial(origin.port);
    socket.end(head(line)); // and reads on
    return untilClosed(socket);
  });
  for (const answer of await Promise.all(answers)) assert.match(answer, /^HTTP\/1\.1 200 OK/);
});

test("at the end none of them listens, and answers under way are finished", { skip }, async (t) => {
  const origin = await testOrigin(t, { limits });
  const path = origin.repository.addTarget(Buffer.alloc(5_000_000));
  const sockets = Array.from({ length: 8 }, () => dial(origin.port));
  for (const socket of sockets) socket.write(head(`GET /${path} HTTP/1.1`));
  await sleep(200);
  const closed = origin.close(30_000);
  for (const answer of await Promise.all(sockets.map(untilClosed))) {
    assert.ok(answer.length > 5_000_000);
  }
  await closed;
  assert.equal(listenersOn(origin.port), 0);
});

test("another origin on the same port is refused, though many could listen there", async (t) => {
  const { port, repository } = await testOrigin(t, { limits });
  const options = { tree: repository.tree, host: "127.0.0.1", port, workers: 1, log: () => {} };
  await assert.rejects(startOrigin(options), (error: unknown) => {
    return error instanceof HostError && error.code === "HOST_ADDRESS";
  });
});

test("the port is still of use to others afterwards", async (t) => {
  const first = await testOrigin(t, { limits });
  await first.close(0);
  const second = await testOrigin(t, { port: first.port, limits });
  assert.equal((await ask(new URL("metadata/timestamp.json", second.url))).status, 200);
});
