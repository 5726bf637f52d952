import assert from "node:assert/strict";
import { test } from "node:test";
import { UploadPace } from "../src/upload-pace.ts";
import { ask, askRaw, dial, head, statusOf, untilClosed } from "./support/http.ts";
import { testOrigin } from "./support/origin.ts";
import { noise } from "./support/repository.ts";

test("what is sent takes its time, whoever sends it, and rest earns no burst", () => {
  let now = 0;
  const pace = new UploadPace(1_000, 64, () => now);
  assert.equal(pace.book(500), 0);
  assert.equal(pace.book(500), 500);
  assert.equal(pace.book(1_000), 1_000);
  now = 1_500;
  assert.equal(pace.book(100), 500);
  now = 100_000;
  assert.equal(pace.book(1_000), 0);
  assert.equal(pace.book(1), 1_000);
});

test("a flood of those who ask and go away keeps others waiting for no longer than all who stay", () => {
  let now = 0;
  const pace = new UploadPace(16_384, 8, () => now); // a piece in a second
  for (let asked = 0; asked < 1_000; asked++) pace.book(pace.pieceBytes);
  assert.equal(pace.book(pace.pieceBytes), 8_000);
  now = 8_000;
  assert.equal(pace.book(pace.pieceBytes), 0);
});

test("small files take their time as well", async (t) => {
  const origin = await testOrigin(t, { limits: { uploadBytesPerSecond: 40_000 } });
  const path = origin.repository.addTarget(noise(4_000));
  const began = performance.now();
  const asked = Array.from({ length: 10 }, () => ask(new URL(path, origin.url)));
  for (const { status } of await Promise.all(asked)) assert.equal(status, 200);
  // At least, as above; the first goes at once.
  assert.ok(performance.now() - began >= 850, "a second's worth took a second");
});

test("all that is asked for comes whole, at the pace of all together", async (t) => {
  const origin = await testOrigin(t, { limits: { uploadBytesPerSecond: 400_000 } });
  const bytes = noise(100_000);
  const path = origin.repository.addTarget(bytes);
  const began = performance.now();
  const asked = Array.from({ length: 4 }, () => {
    return ask(new URL(path, origin.url));
  });
  for (const answer of await Promise.all(asked)) {
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, bytes);
  }
  // At least: a busy machine takes longer, and none less.
  assert.ok(performance.now() - began >= 900, "a second's worth took a second");
});

test("who is not welcome is let go before anything is read", async (t) => {
  const asked: string[] = [];
  const origin = await testOrigin(t, {
    isWelcome: (address) => {
      asked.push(address);
      return asked.length > 1;
    },
  });
  const line = head("GET /metadata/timestamp.json HTTP/1.1");
  const socket = dial(origin.port);
  assert.equal(await untilClosed(socket), "");
  assert.equal(statusOf(await askRaw(origin.port, line)), 200);
  assert.deepEqual(asked, ["127.0.0.1", "127.0.0.1"]);
});
