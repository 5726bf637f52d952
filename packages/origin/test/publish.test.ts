import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, dial, head, untilClosed } from "./support/http.ts";
import { sleep, testOrigin } from "./support/origin.ts";
import { noise, sha256Hex } from "./support/repository.ts";

test("a published timestamp is what the very next request gets", async (t) => {
  const origin = await testOrigin(t);
  const url = new URL("metadata/timestamp.json", origin.url);
  for (let version = 0; version < 300; version++) {
    const bytes = Buffer.from(`{"version":${String(version).padStart(6, "0")}}`);
    origin.repository.write("metadata/timestamp.json", bytes);
    assert.equal((await ask(url)).body.toString(), bytes.toString());
  }
});

test("while files are replaced, every answer is the old bytes or the new ones, under their own tag", async (t) => {
  const origin = await testOrigin(t);
  const versions = [1, 2, 3, 4].map((seed) => noise(900_000 + seed * 1000, seed));
  const tags = new Set(versions.map((bytes) => `"${sha256Hex(bytes)}"`));
  const url = new URL("security/page.bin", origin.url);
  origin.repository.write("security/page.bin", versions[0] ?? Buffer.alloc(0));
  const stop = new AbortController();
  const publish = async (): Promise<void> => {
    for (let round = 0; !stop.signal.aborted; round++) {
      const bytes = versions[round % versions.length] ?? Buffer.alloc(0);
      origin.repository.write("security/page.bin", bytes);
      await sleep(3);
    }
  };
  const read = async (): Promise<void> => {
    for (let round = 0; round < 40; round++) {
      const { status, headers, body } = await ask(url);
      assert.equal(status, 200);
      assert.equal(headers.etag, `"${sha256Hex(body)}"`);
      assert.ok(tags.has(headers.etag));
    }
  };
  const published = publish();
  await Promise.all([read(), read(), read(), read()]);
  stop.abort();
  await published;
});

test("a download that began before a publish ends with the bytes it began with", async (t) => {
  const origin = await testOrigin(t);
  const old = noise(16 * 1024 * 1024);
  origin.repository.write("security/large.bin", old);
  const reader = dial(origin.port);
  reader.write(head("GET /security/large.bin HTTP/1.1"));
  await once(reader, "readable");
  origin.repository.write("security/large.bin", noise(16 * 1024 * 1024, 2));
  const answer = Buffer.from(await untilClosed(reader), "latin1");
  assert.ok(answer.subarray(answer.indexOf("\r\n\r\n") + 4).equals(old));
});

test("a removed file is gone: metadata at once, a hashed target within seconds", async (t) => {
  const origin = await testOrigin(t);
  const path = origin.repository.addTarget(noise(1000));
  const urls = ["metadata/timestamp.json", path].map((name) => new URL(name, origin.url));
  for (const url of urls) assert.equal((await ask(url)).status, 200);
  for (const name of ["metadata/timestamp.json", path]) rmSync(join(origin.repository.tree, name));
  assert.equal((await ask(urls[0] ?? "")).status, 404);
  await sleep(1_100);
  assert.equal((await ask(urls[1] ?? "")).status, 404);
});

test("a file that is cut while it is read ends the answer early, never with wrong bytes", async (t) => {
  const origin = await testOrigin(t, { limits: { cacheBytesMax: 1024 * 1024 } });
  const bytes = noise(32 * 1024 * 1024);
  const path = origin.repository.addTarget(bytes);
  const reader = dial(origin.port);
  reader.write(head(`GET /${path} HTTP/1.1`));
  await once(reader, "readable");
  writeFileSync(join(origin.repository.tree, path), "");
  const answer = Buffer.from(await untilClosed(reader), "latin1");
  const body = answer.subarray(answer.indexOf("\r\n\r\n") + 4);
  assert.ok(body.length < bytes.length);
  assert.ok(body.equals(bytes.subarray(0, body.length)));
  assert.ok(origin.logged.some((entry) => entry.event === "file-failed"));
});

test("a file that fails before its answer began is 503, with the alternates for a browser", async (t) => {
  const duplicates = ["https://alternate.example/"];
  const origin = await testOrigin(t, { duplicates, limits: { logLinesPerSecondMax: 1 } });
  const path = origin.repository.addTarget(noise(1000));
  const url = new URL(path, origin.url);
  // It is open and known, and none of its bytes is in memory.
  assert.equal((await ask(url, { method: "HEAD" })).status, 200);
  writeFileSync(join(origin.repository.tree, path), "");
  for (let asked = 0; asked < 10; asked++) await ask(new URL("metadata/none.json", origin.url));
  const answer = await ask(url, { headers: { Accept: "text/html" } });
  assert.equal(answer.status, 503);
  const told = origin.logged.filter(({ event }) => event === "file-failed");
  assert.equal(told.length, 1, "however much is told of refusals");
  assert.ok(Number(answer.headers["retry-after"]) > 0);
  assert.match(answer.body.toString(), /https:\/\/alternate\.example\/security\//);
});
