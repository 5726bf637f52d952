import assert from "node:assert/strict";
import { test } from "node:test";
import { namingOf } from "@causeway/kernel";
import * as fc from "fast-check";
import { parseRequestTarget } from "../src/request-path.ts";

const read = (target: string): string | undefined => parseRequestTarget(target, 1024)?.path;
const hash = "0123456789abcdef".repeat(4);

test("a repository's own names are read as they are", () => {
  assert.equal(read("/metadata/timestamp.json"), "metadata/timestamp.json");
  assert.equal(read(`/targets/node/${hash}.node~1_a-b`), `targets/node/${hash}.node~1_a-b`);
  assert.equal(read("/security/advisories/a.json"), "security/advisories/a.json");
  assert.equal(read("/security/"), "security/index.html");
});

test("an escape of an unreserved character is the character, and the query counts for nothing", () => {
  assert.equal(read("/targets/%61%7e%2D"), "targets/a~-");
  assert.equal(read("/targets/a?b=/../c%00"), "targets/a");
});

test("no other target is a path", () => {
  const refused = [
    "",
    "/",
    "*",
    "/targets",
    "/targets/",
    "/targets/a/",
    "//targets/a",
    "/targets//a",
    "/Targets/a",
    "/keys/root.pem",
    "/causeway.yaml",
    "/targets/../keys/root.pem",
    "/targets/./a",
    "/targets/%2e%2e/keys/root.pem",
    "/targets/..%2fkeys",
    "/targets%2fa",
    "/targets/a%5cb",
    "/targets/a\\b",
    "/targets/..\\keys",
    "/targets/%252e%252e/a",
    "/targets/a%00",
    "/targets/a\0",
    "/targets/.hidden",
    "/targets/%2ehidden",
    "/targets/a/.tmp/b",
    "/targets/a:b",
    "/targets/a b",
    "/targets/a%20b",
    "/targets/ä",
    "/targets/%c3%a4",
    "/targets/a;b",
    "/targets/a#b",
    "/targets/%",
    "/targets/%6",
    "/targets/%zz",
    "http://causeway.test/targets/a",
    "causeway.test:443",
    `/targets/${"a".repeat(256)}`,
    `/targets/${"a/".repeat(600)}a`,
  ];
  for (const target of refused) assert.equal(read(target), undefined, JSON.stringify(target));
});

test("whatever the target is, a path stays in its area, without dot segments", () => {
  const part = fc.constantFrom("..", ".", "/", "%2e", "%2f", "%5c", "\\", "%00", "a", "%25", "~");
  const targets = fc.array(part, { maxLength: 12 }).map((parts) => `/targets/${parts.join("")}`);
  fc.assert(
    fc.property(fc.oneof(targets, fc.string(), fc.webPath()), (target) => {
      const path = read(target);
      if (path === undefined) return;
      assert.match(path, /^(?:metadata|targets|security)\/[A-Za-z0-9._~/-]+$/);
      assert.ok(path.split("/").every((segment) => segment !== "" && !segment.startsWith(".")));
    }),
    { numRuns: 2_000 },
  );
});

test("a name's hash and its caching follow from where it lies", () => {
  const naming = (path: string): ReturnType<typeof namingOf> => {
    const parsed = parseRequestTarget(path, 1024);
    assert.ok(parsed);
    return namingOf(parsed.path);
  };
  assert.equal(naming(`/targets/a/${hash}.x`).sha256, hash);
  assert.match(naming(`/targets/${hash}.x`).cacheControl, /immutable/);
  assert.match(naming("/metadata/12.patches-3f.json").cacheControl, /immutable/);
  const changing = [
    `/metadata/${hash}.x`,
    `/targets/${hash}`,
    `/targets/${hash.toUpperCase()}.x`,
    `/targets/${hash}a.x`,
    "/metadata/timestamp.json",
    "/metadata/root.json",
    "/metadata/0.root.json",
    "/security/1.root.json",
  ];
  for (const path of changing) {
    assert.equal(naming(path).sha256, undefined, path);
    assert.doesNotMatch(naming(path).cacheControl, /immutable/, path);
  }
});

test("only the public page is made of pages", () => {
  const type = (path: string): string | undefined => {
    const parsed = parseRequestTarget(path, 1024);
    return parsed && namingOf(parsed.path).mediaType;
  };
  assert.equal(type("/security/index.html"), "text/html; charset=utf-8");
  assert.equal(type("/targets/index.html"), "application/octet-stream");
  assert.equal(type("/metadata/1.root.json"), "application/json");
});
