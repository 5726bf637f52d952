import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { dial, head, statusOf, untilClosed } from "./support/http.ts";
import { metricOf } from "./support/metrics.ts";
import { eventually, sleep, testOrigin } from "./support/origin.ts";

/** Bytes of buffers, without garbage. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().arrayBuffers;
}

const dropped = 'connections_dropped_total{reason="slow-reader"}';

test("a reader that drips loses its connection by its rate, though it never stops reading", async (t) => {
  const limits = { sendGraceMs: 300, sendBytesPerSecondMin: 1024 * 1024 };
  const origin = await testOrigin(t, { limits, adminPort: 0 });
  const path = origin.repository.addTarget(Buffer.alloc(32 * 1024 * 1024, 1));
  const socket = dial(origin.port);
  socket.write(head(`GET /${path} HTTP/1.1`));
  await once(socket, "readable");
  const drip = setInterval(() => socket.read(8 * 1024), 50);
  t.after(() => clearInterval(drip));
  await eventually("it is dropped", async () => (await metricOf(origin, dropped)) === 1);
  socket.destroy();
});

test("what is held for readers that take nothing is some blocks each, and not their files", async (t) => {
  const readers = 12;
  const limits = { cacheBytesMax: 1024 * 1024, sendGraceMs: 600_000, workAtOnceMin: 256 };
  const origin = await testOrigin(t, { limits, adminPort: 0 });
  const path = origin.repository.addTarget(Buffer.alloc(32 * 1024 * 1024, 1));
  const before = heldBytes();
  const sockets = Array.from({ length: readers }, () => dial(origin.port));
  for (const socket of sockets) {
    socket.write(head(`GET /${path} HTTP/1.1`));
    await once(socket, "readable");
  }
  await sleep(500); // until the systems of both sides take no more
  assert.equal(await metricOf(origin, "connections"), readers);
  const held = heldBytes() - before;
  assert.ok(held < readers * 1024 * 1024, `${held} bytes are held`);
  for (const socket of sockets) socket.destroy();
});

test("whoever drips a body that nobody wants is answered and gone at once", async (t) => {
  const origin = await testOrigin(t);
  for (const body of ["Content-Length: 999999999", "Transfer-Encoding: chunked"]) {
    for (const expect of [[], ["Expect: 100-continue"]]) {
      const socket = dial(origin.port);
      const lines = ["GET /metadata/timestamp.json HTTP/1.1", "Host: a", body, ...expect, "", ""];
      socket.write(lines.join("\r\n"));
      const drip = setInterval(() => socket.write("1\r\na\r\n"), 10);
      const answer = await untilClosed(socket);
      clearInterval(drip);
      assert.equal(statusOf(answer), 413);
      assert.equal(answer.split("HTTP/1.1 ").length, 2, "nothing but the final status");
    }
  }
});

test("when all places are taken, readers that take nothing give way, and nobody who has just come", async (t) => {
  const limits = { connectionsMax: 4, sendGracePressedMs: 300 };
  const origin = await testOrigin(t, { limits, adminPort: 0 });
  const path = origin.repository.addTarget(Buffer.alloc(32 * 1024 * 1024, 1));
  const readers = Array.from({ length: 3 }, () => dial(origin.port));
  for (const reader of readers) {
    reader.write(head(`GET /${path} HTTP/1.1`));
    await once(reader, "readable");
  }
  await sleep(2_500); // it looks every second
  const timestamp = head("GET /metadata/timestamp.json HTTP/1.1");
  const first = dial(origin.port);
  await eventually(
    "all places are taken",
    async () => (await metricOf(origin, "connections")) === 4,
  );
  const second = dial(origin.port);
  await once(second, "connect");
  for (const socket of [second, first]) {
    socket.write(timestamp);
    assert.equal(statusOf(await untilClosed(socket)), 200);
  }
  assert.equal(await metricOf(origin, 'connections_dropped_total{reason="limit"}'), 1);
  for (const reader of readers) reader.destroy();
});
