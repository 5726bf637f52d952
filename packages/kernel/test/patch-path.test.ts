import assert from "node:assert/strict";
import { test } from "node:test";
import {
  artifactSuffixes,
  deltaListPath,
  deltaPath,
  indexPath,
  packPath,
  patchPath,
  readPatchPath,
  type TargetPath,
  type Version,
} from "@causeway/kernel";
import { codeOf } from "./support/throws.ts";

const path = "patches/node/24.21.0/linux-x64/node" as TargetPath;
const old = "24.20.0" as Version;

test("a patch's path says product, version, platform and file", () => {
  const name = readPatchPath(path);
  assert.deepEqual(name, {
    product: "node",
    version: "24.21.0",
    platform: "linux-x64",
    file: "node",
  });
  assert.equal(patchPath(name), path);
});

test("what is made from a patch lies beside it, under names that follow from its own", () => {
  assert.equal(indexPath(path), `${path}.chunks`);
  assert.equal(packPath(path), `${path}.pack.zst`);
  assert.equal(deltaListPath(path), `${path}.deltas.json`);
  assert.equal(deltaPath(path, old), `${path}.from-24.20.0.delta.zst`);
  assert.equal(indexPath(deltaPath(path, old)), `${path}.from-24.20.0.delta.zst.chunks`);
  const derived = [indexPath(path), packPath(path), deltaPath(path, old), deltaListPath(path)];
  for (const each of derived) {
    assert.equal(artifactSuffixes.filter((suffix) => each.endsWith(suffix)).length, 1, each);
  }
});

test("no patch lies anywhere else", () => {
  for (const wrong of [
    "",
    "node",
    "products/node.json",
    "patches/node/24.21.0/linux-x64",
    "patches/node/24.21.0/linux-x64/",
    "patches/node/24.21.0/linux-x64/a/b",
    "patches/Node/24.21.0/linux-x64/node",
    "patches/node/v24/linux-x64/node",
    "patches/node/24.21.0/linux/node",
    "patches/node/24.21.0/linux-x64/..",
    "patches/node/24.21.0/linux-x64/a b",
    "/patches/node/24.21.0/linux-x64/node",
    "other/node/24.21.0/linux-x64/node",
  ]) {
    assert.equal(
      codeOf(() => readPatchPath(wrong)),
      "TRUST_MALFORMED",
      wrong,
    );
  }
});

test("a name that leaves no room for what is made from it is refused", () => {
  const long = `patches/node/1/any/${"x".repeat(145)}` as TargetPath;
  assert.equal(
    codeOf(() => packPath(long)),
    "TRUST_MALFORMED",
  );
});
