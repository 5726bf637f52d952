import assert from "node:assert/strict";
import { test } from "node:test";
import { edgeConnections } from "../../src/own-edge/edge-connections.ts";

test("HAProxy takes as many clients as it may have files open for, and no more than is usual", () => {
  assert.equal(edgeConnections(1_024, 2, 2), 470);
  assert.equal(edgeConnections(20_000, 2, 2), 9_958);
  assert.equal(edgeConnections(65_536, 64, 256), 20_000);
  assert.equal(edgeConnections(Number.POSITIVE_INFINITY, 2, 2), 20_000);
});

test("where hardly any files may be open, it says so and what to do", () => {
  assert.throws(() => edgeConnections(128, 2, 2), {
    code: "HOST_BUSY",
    message: /128 files open.* LimitNOFILE=65536/,
  });
});
