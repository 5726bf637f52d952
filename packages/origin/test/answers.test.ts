import assert from "node:assert/strict";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { textBytesMax } from "../src/limits.ts";
import { ask } from "./support/http.ts";
import { testOrigin } from "./support/origin.ts";
import { noise, sha256Hex } from "./support/repository.ts";

function reprDigest(bytes: Uint8Array): string {
  return `sha-256=:${Buffer.from(sha256Hex(bytes), "hex").toString("base64")}:`;
}

test("a hashed target says everything that the contract promises", async (t) => {
  const origin = await testOrigin(t, {
    duplicates: ["https://alternate.example/mirror", "http://10.0.0.7:8080/"],
  });
  const bytes = noise(300_000);
  const path = origin.repository.addTarget(bytes);
  const { status, headers, body } = await ask(new URL(path, origin.url));
  assert.equal(status, 200);
  assert.ok(body.equals(bytes));
  assert.equal(headers["cache-control"], "public, max-age=31536000, immutable");
  assert.equal(headers["accept-ranges"], "bytes");
  assert.equal(headers.etag, `"${sha256Hex(bytes)}"`);
  assert.ok(Date.parse(headers["last-modified"] ?? "") <= Date.parse(headers.date ?? ""));
  assert.equal(headers["repr-digest"], reprDigest(bytes));
  assert.equal(headers["access-control-allow-origin"], "*");
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers["content-length"], "300000");
  assert.equal(
    headers.link,
    `<https://alternate.example/mirror/${path}>; rel=duplicate, ` +
      `<http://10.0.0.7:8080/${path}>; rel=duplicate`,
  );
});

test("every byte of a file arrives as it is, whether it goes as text or not, also the second time", async (t) => {
  const origin = await testOrigin(t);
  for (const length of [0, 1, 256, textBytesMax, textBytesMax + 1]) {
    const bytes = Buffer.from(Array.from({ length }, (_, at) => at % 256));
    const url = new URL(origin.repository.addTarget(bytes), origin.url);
    for (let time = 0; time < 2; time++) {
      const { status, headers, body } = await ask(url);
      assert.equal(status, 200);
      assert.equal(headers["content-length"], String(length));
      assert.ok(body.equals(bytes), `${length} bytes`);
    }
  }
});

test("a part of a target carries the digest of the whole", async (t) => {
  const origin = await testOrigin(t);
  const bytes = noise(1000);
  const url = new URL(origin.repository.addTarget(bytes), origin.url);
  const { status, headers } = await ask(url, { headers: { Range: "bytes=5-9" } });
  assert.equal(status, 206);
  assert.equal(headers["repr-digest"], reprDigest(bytes));
  assert.equal(headers.etag, `"${sha256Hex(bytes)}"`);
});

test("metadata carries the digest of its bytes, and timestamp.json is always asked for again", async (t) => {
  const origin = await testOrigin(t);
  const { headers, body } = await ask(new URL("metadata/timestamp.json", origin.url));
  assert.equal(headers["cache-control"], "no-cache");
  assert.equal(headers["repr-digest"], reprDigest(body));
  assert.equal(headers.etag, `"${sha256Hex(body)}"`);
  assert.equal(headers["content-type"], "application/json");
});

test("a file too large to hash has a tag that changes with it", async (t) => {
  const origin = await testOrigin(t);
  const url = new URL("security/big.bin", origin.url);
  origin.repository.write("security/big.bin", noise(1_200_000));
  const before = await ask(url);
  assert.equal(before.headers["repr-digest"], undefined);
  origin.repository.write("security/big.bin", noise(1_200_000, 2));
  const after = await ask(url);
  assert.notEqual(after.headers.etag, before.headers.etag);
  assert.ok(after.body.equals(noise(1_200_000, 2)));
});

test("a client that has the file gets 304 without a body", async (t) => {
  const origin = await testOrigin(t);
  const url = new URL("metadata/timestamp.json", origin.url);
  const { etag = "", "last-modified": modified = "" } = (await ask(url)).headers;
  for (const headers of [{ "If-None-Match": etag }, { "If-Modified-Since": modified }]) {
    const answer = await ask(url, { headers });
    assert.equal(answer.status, 304);
    assert.equal(answer.headers.etag, etag);
    assert.equal(answer.headers["cache-control"], "no-cache");
    assert.equal(answer.body.length, 0);
  }
});

test("a resumed download of a file that changed starts over instead of mixing", async (t) => {
  const origin = await testOrigin(t);
  const url = new URL("metadata/timestamp.json", origin.url);
  const { etag = "" } = (await ask(url)).headers;
  const headers = { Range: "bytes=4-", "If-Range": etag };
  assert.equal((await ask(url, { headers })).status, 206);
  origin.repository.write("metadata/timestamp.json", Buffer.from("new bytes"));
  const answer = await ask(url, { headers });
  assert.equal(answer.status, 200);
  assert.equal(answer.body.toString(), "new bytes");
});

test("what is not there is a short constant 404 that no cache may keep", async (t) => {
  const origin = await testOrigin(t);
  const bodies = new Set<string>();
  for (const path of [
    "",
    "favicon.ico",
    "metadata/9.root.json",
    "metadata",
    "metadata/",
    "keys/a",
  ]) {
    const answer = await ask(new URL(path, origin.url));
    assert.equal(answer.status, 404, path);
    assert.equal(answer.headers["cache-control"], "no-cache");
    bodies.add(answer.body.toString());
  }
  assert.equal(bodies.size, 1);
});

test("every other method gets 405 and is told which ones there are", async (t) => {
  const origin = await testOrigin(t);
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"]) {
    const answer = await ask(new URL("metadata/timestamp.json", origin.url), { method });
    assert.equal(answer.status, 405, method);
    assert.equal(answer.headers.allow, "GET, HEAD");
  }
});

test("an empty file is served, and has no range", async (t) => {
  const origin = await testOrigin(t);
  const url = new URL(origin.repository.addTarget(Buffer.alloc(0)), origin.url);
  const answer = await ask(url);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["content-length"], "0");
  assert.equal((await ask(url, { headers: { Range: "bytes=0-" } })).status, 416);
});

test("a file from the future was not modified later than now", async (t) => {
  const origin = await testOrigin(t);
  const full = join(origin.repository.tree, "metadata", "timestamp.json");
  utimesSync(full, 4_000_000_000, 4_000_000_000);
  const { headers } = await ask(new URL("metadata/timestamp.json", origin.url));
  assert.ok(Date.parse(headers["last-modified"] ?? "") <= Date.parse(headers.date ?? ""));
});

test("the public page's folder shows its index", async (t) => {
  const origin = await testOrigin(t);
  mkdirSync(join(origin.repository.tree, "security"));
  writeFileSync(join(origin.repository.tree, "security", "index.html"), "<h1>Patch</h1>");
  const answer = await ask(new URL("security/", origin.url));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["content-type"], "text/html; charset=utf-8");
});
