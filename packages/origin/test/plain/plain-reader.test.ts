import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { textBytesMax } from "../../src/limits.ts";
import { ask, dial, statusOf, untilClosed } from "../support/http.ts";
import { metricOf } from "../support/metrics.ts";
import { eventually, testOrigin } from "../support/origin.ts";
import { noise } from "../support/repository.ts";

const timestamp = "GET /metadata/timestamp.json HTTP/1.1\r\nHost: a\r\n\r\n";

/** All that came, with the times of answers left out: they may be a second apart. */
function timeless(answer: string): string {
  return answer.replaceAll(/\r\n(Date|Retry-After): [^\r]*/g, "\r\n$1: -");
}

/** What comes until the server closes, or has sent nothing for a while. */
async function untilQuiet(socket: Socket): Promise<string> {
  socket.setTimeout(300, () => socket.end());
  return timeless(await untilClosed(socket));
}

test("an answer is the same to the byte, whoever read the request", async (t) => {
  const origin = await testOrigin(t, { duplicates: ["https://alternate.example/"] });
  const { repository } = origin;
  const [small, text, large] = [100, textBytesMax, 700_000].map((length) => {
    return repository.addTarget(noise(length));
  });
  const { etag = "" } = (await ask(new URL(`${small}`, origin.url))).headers;
  const asked: readonly (readonly [string, ...string[]])[] = [
    [`/${small}`],
    [`/${small}`, "Connection: close"],
    [`/${small}`, "Connection: keep-alive"],
    [`/${small}`, "Range: bytes=3-9"],
    [`/${small}`, "Range: bytes=900-"],
    [`/${small}`, `If-None-Match: ${etag}`],
    [`/${small}`, 'If-Match: "other"'],
    [`/${text}`],
    [`/${large}`],
    [`/${large}`, "Range: bytes=5-600000"],
    ["/metadata/timestamp.json"],
    ["/security/none.html", "Accept: text/html"],
    ["/none"],
    ["/"],
  ];
  for (const [target, ...fields] of asked) {
    const lines = [`GET ${target} HTTP/1.1`, "Host: causeway.test", ...fields, "", ""];
    const plain = dial(origin.port);
    plain.write(lines.join("\r\n"));
    const cut = dial(origin.port).setNoDelay(true);
    cut.write(lines.join("\r\n").slice(0, 10));
    await sleep(30); // so that it comes in two
    cut.write(lines.join("\r\n").slice(10));
    const [own, nodes] = await Promise.all([untilQuiet(plain), untilQuiet(cut)]);
    assert.ok(statusOf(own) > 0, lines.join());
    assert.equal(own, nodes, lines.join());
  }
});

test("requests that come behind a plain one before its answer is over are answered in order", async (t) => {
  const origin = await testOrigin(t);
  const path = origin.repository.addTarget(noise(2_000_000));
  const socket = dial(origin.port);
  socket.write(`GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await once(socket, "readable");
  socket.write(timestamp);
  await sleep(30);
  socket.write(`HEAD /${path} HTTP/1.1\r\nHost: a\r\n\r\n${timestamp.slice(0, 20)}`);
  await sleep(30);
  socket.write(timestamp.slice(20).replace("Host: a", "Host: a\r\nConnection: close"));
  const answers = (await untilClosed(socket)).split("HTTP/1.1 200 OK\r\n").slice(1);
  const lengths = answers.map((answer) => /Content-Length: (\d+)/.exec(answer)?.[1]);
  const length = `${(await ask(new URL("metadata/timestamp.json", origin.url))).body.length}`;
  assert.deepEqual(lengths, ["2000000", length, "2000000", length]);
});

test("plain and other requests take turns on one connection", async (t) => {
  const origin = await testOrigin(t);
  const socket = dial(origin.port);
  for (const method of ["GET", "GET", "HEAD", "GET", "POST", "GET"]) {
    socket.write(timestamp.replace("GET", method));
    const [chunk] = (await once(socket, "data")) as [Buffer];
    assert.equal(statusOf(chunk.toString("latin1")), method === "POST" ? 405 : 200);
  }
  socket.destroy();
});

test("a client that ends its side after a plain request still gets the answer", async (t) => {
  const origin = await testOrigin(t);
  const bytes = noise(3_000_000);
  const path = origin.repository.addTarget(bytes);
  const socket = dial(origin.port);
  socket.end(`GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  const answer = await untilClosed(socket);
  assert.ok(answer.endsWith(bytes.toString("latin1")));
});

test("a client that leaves in the middle of a plain answer leaves nothing behind", async (t) => {
  const origin = await testOrigin(t, { adminPort: 0 });
  const path = origin.repository.addTarget(noise(8_000_000));
  for (let round = 0; round < 40; round++) {
    const socket = dial(origin.port);
    socket.write(`GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    if (round % 2 === 0) await once(socket, "readable");
    if (round % 3 === 0) socket.write(timestamp);
    socket.resetAndDestroy();
  }
  await eventually("nobody is left", async () => (await metricOf(origin, "connections")) === 0);
});

test("a connection over which nothing comes is refused in time, and one that rests is closed", async (t) => {
  const origin = await testOrigin(t, { limits: { headerTimeMs: 300, keepAliveMs: 300 } });
  const silent = dial(origin.port);
  const resting = dial(origin.port);
  resting.write(timestamp);
  const [refusal, answer] = await Promise.all([untilClosed(silent), untilClosed(resting)]);
  assert.equal(statusOf(refusal), 408);
  assert.equal(statusOf(answer), 200);
  assert.equal(answer.split("HTTP/1.1 ").length, 2, "nothing behind the answer");
});
