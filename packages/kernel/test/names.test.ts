import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cataloguePath,
  hashedTargetPath,
  isFileName,
  isPlatform,
  isProductId,
  isSha256,
  isTargetPath,
  type ProductId,
  type Sha256,
  type TargetPath,
  toHex,
  toPlatform,
  toProductId,
  writeHex,
} from "@causeway/kernel";
import fc from "fast-check";
import { codeOf } from "./support/throws.ts";

test("a target path stays inside the tree and needs no encoding on any route", () => {
  for (const path of ["a", "patches/node/24.21.0/linux-x64/node", "a~b/..c/d.._", "...", "-"]) {
    assert.ok(isTargetPath(path), path);
  }
  for (const path of [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/./b",
    "a/..",
    "a\\b",
    "a b",
    "a%2fb",
    "a\nb",
    "a\0b",
    "ä",
    "a?b",
    "a#b",
    "a:b",
    "a*",
    "a/".repeat(257),
    "x".repeat(151),
  ]) {
    assert.ok(!isTargetPath(path), JSON.stringify(path));
  }
});

test("no target path leaves the folder it is resolved in", () => {
  const piece = fc.constantFrom("a", ".", "..", "/", "~", "-", "_", "Z9", "%", "\\");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const path = pieces.join("");
      fc.pre(isTargetPath(path));
      const resolved = new URL(path, "https://route.example/targets/");
      assert.equal(resolved.href, `https://route.example/targets/${path}`);
      assert.ok(path.split("/").every(isFileName));
    }),
    { numRuns: 1000 },
  );
});

test("the hash goes in front of the file name, not of the path", () => {
  const sha256 = "ab".repeat(32) as Sha256;
  assert.equal(hashedTargetPath("a/b/c" as TargetPath, sha256), `a/b/${sha256}.c`);
  assert.equal(hashedTargetPath("c" as TargetPath, sha256), `${sha256}.c`);
  assert.equal(cataloguePath("node" as ProductId), "products/node.json");
});

test("product ids, platforms and digests have one form", () => {
  for (const id of ["node", "contoso-reader", "a.b_c", "7zip", "x".repeat(64)]) {
    assert.ok(isProductId(id), id);
    assert.ok(isTargetPath(cataloguePath(toProductId(id))));
  }
  for (const id of ["", "Node", "-a", ".a", "a..b", "a/b", "a b", "x".repeat(65), "é", "a\n"]) {
    assert.equal(
      codeOf(() => toProductId(id)),
      "USAGE_NAME",
      id,
    );
  }
  for (const platform of ["any", "linux-x64", "win32-arm64", "darwin-x86_64"]) {
    assert.equal(toPlatform(platform), platform);
  }
  for (const platform of ["", "linux", "linux-", "Linux-x64", "a-b-c", "any-any\n"]) {
    assert.ok(!isPlatform(platform), platform);
    assert.equal(
      codeOf(() => toPlatform(platform)),
      "USAGE_NAME",
      platform,
    );
  }
  assert.ok(isSha256("0".repeat(64)));
  for (const digest of ["0".repeat(63), "0".repeat(65), "A".repeat(64), `${"0".repeat(63)}g`]) {
    assert.ok(!isSha256(digest), digest);
  }
});

test("a refused name is shown safely and in part", () => {
  assert.throws(() => toProductId("\u001b[31m\n"), /"\\u001b\[31m\\n" is not a product id/);
  assert.throws(
    () => toProductId("x".repeat(10_000)),
    (error: Error) => error.message.length < 250,
  );
});

test("bytes come back from their hexadecimal form", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(8), (bytes, offset) => {
      const hex = toHex(bytes);
      assert.equal(hex, Buffer.from(bytes).toString("hex"));
      const into = new Uint8Array(bytes.length + offset);
      writeHex(hex, into, offset);
      assert.deepEqual(into.subarray(offset), bytes);
    }),
  );
});
