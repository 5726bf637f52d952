import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sha256, TargetPath } from "@causeway/kernel";
import { allBins, binOf, intoBins } from "../src/documents/bins.ts";

test("a check's bins are apart from those that only clients of another make look into", () => {
  for (const [path, bin] of [
    ["patches/node/24.21.0/linux-x64/node", /^patches-[0-9a-f]{2}$/],
    ["advisories/CSW-2026-0007.json", /^patches-[0-9a-f]{2}$/],
    ["products/node.json", /^products-[01][0-9a-f]$/],
    ["patches/node/24.21.0/linux-x64/node.chunks", /^artifacts-[0-3][0-9a-f]$/],
    ["patches/node/24.21.0/linux-x64/node.pack.zst", /^artifacts-/],
    ["patches/node/24.21.0/linux-x64/node.deltas.json", /^artifacts-/],
    ["patches/node/24.21.0/linux-x64/node.from-24.20.0.delta.zst", /^artifacts-/],
    ["patches/node/24.21.0/linux-x64/node.from-24.20.0.delta.zst.chunks", /^artifacts-/],
  ] as const) {
    assert.match(binOf(path as TargetPath), bin, path);
  }
});

test("a bin is numbered by the first bits of the path's SHA-256, as TAP 15 says", () => {
  // printf %s PATH | sha256sum: 6b2b…, 726a…, 0fa4…
  assert.equal(binOf("patches/a/1/any/a" as TargetPath), "patches-6b");
  assert.equal(binOf("products/a.json" as TargetPath), "products-0e");
  assert.equal(binOf("patches/a/1/any/a.chunks" as TargetPath), "artifacts-03");
});

test("every bin is there, empty or not, and every entry is in one", () => {
  const paths = Array.from({ length: 2_000 }, (_, at) => `patches/a/${at}/any/a` as TargetPath);
  const entry = (path: TargetPath) => ({ path, length: 1, sha256: "00".repeat(32) as Sha256 });
  const bins = intoBins(paths.map(entry));
  assert.deepEqual([...bins.keys()], allBins);
  assert.equal(new Set(allBins).size, 256 + 64 + 32);
  const listed = [...bins.values()].flat().map(({ path }) => path);
  assert.deepEqual(listed.toSorted(), paths.toSorted());
});

test("a path that nobody speaks for is a fault of ours", () => {
  for (const path of ["x", "patches/a/1/any", "routes.json"]) {
    assert.throws(() => binOf(path as TargetPath), { name: "InvariantBroken" });
  }
});
