import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { RouteEntry, RouteId, ShardKey } from "@causeway/kernel";
import { openSealedRoute, sealRoute } from "../src/index.ts";

const entry: RouteEntry = {
  id: "reserve-1" as RouteId,
  urls: ["https://reserve.example/"],
  kind: "origin",
  region: "eu-west",
  priority: 3,
  weight: 7,
  state: "active",
};

function newKey(shard: number): ShardKey {
  return { shard, key: randomBytes(32).toString("base64url") };
}

test("a sealed route is read with its key, and with no other key or shard", () => {
  const key = newKey(3);
  const sealed = sealRoute(entry, key, randomBytes(12));
  assert.deepEqual(openSealedRoute(sealed, key), entry);
  assert.equal(openSealedRoute(sealed, newKey(3)), undefined);
  assert.equal(openSealedRoute({ ...sealed, shard: 4 }, key), undefined);
});

test("a box in which any bit is another opens nothing, nor does one that is cut", () => {
  const key = newKey(1);
  const { shard, box } = sealRoute(entry, key, randomBytes(12));
  const bytes = Buffer.from(box, "base64url");
  for (const at of bytes.keys()) {
    const other = Buffer.from(bytes);
    other.writeUInt8(other.readUInt8(at) ^ (1 << (at % 8)), at);
    assert.equal(openSealedRoute({ shard, box: other.toString("base64url") }, key), undefined);
  }
  for (const length of [0, 1, 12, 27, 28, bytes.length - 1]) {
    const cut = bytes.subarray(0, length).toString("base64url");
    assert.equal(openSealedRoute({ shard, box: cut }, key), undefined);
  }
});

test("a box tells neither the URL nor how long it is", () => {
  const key = newKey(1);
  const long: RouteEntry = { ...entry, urls: [`https://reserve.example/${"x".repeat(200)}/`] };
  const boxes = [entry, long, entry].map((each) => sealRoute(each, key, randomBytes(12)).box);
  assert.equal(new Set(boxes.map((box) => box.length)).size, 1);
  assert.equal(new Set(boxes).size, 3);
  const most: RouteEntry = {
    ...entry,
    urls: [entry.urls[0], ...["a", "b", "c"].map((name) => `https://${name.repeat(1014)}.x/`)],
  };
  assert.ok(sealRoute(most, key, randomBytes(12)).box.length <= 8192);
});

test("a route in a state of the future opens as nothing", () => {
  const key = newKey(1);
  const future = { ...entry, state: "floating" } as unknown as RouteEntry;
  assert.equal(openSealedRoute(sealRoute(future, key, randomBytes(12)), key), undefined);
});
