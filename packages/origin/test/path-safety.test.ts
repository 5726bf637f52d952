import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, askRaw, head, statusOf } from "./support/http.ts";
import { testOrigin } from "./support/origin.ts";

const secret = "the release key";

test("no form of a request target leaves the tree, or names what is no file of it", async (t) => {
  const origin = await testOrigin(t);
  const { tree } = origin.repository;
  mkdirSync(join(tree, "keys"));
  writeFileSync(join(tree, "keys", "root.pem"), secret);
  writeFileSync(join(tree, "metadata", ".timestamp.json.tmp"), secret);
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ["GET /keys/root.pem", [404]],
    ["GET /targets/../keys/root.pem", [404]],
    ["GET /metadata/../keys/root.pem", [404]],
    ["GET /metadata/%2e%2e/keys/root.pem", [404]],
    ["GET /metadata/..%2fkeys/root.pem", [404]],
    ["GET /metadata/..%5ckeys%5croot.pem", [404]],
    ["GET /metadata/..\\keys\\root.pem", [404, 400]],
    ["GET /metadata/%252e%252e/keys/root.pem", [404]],
    ["GET /metadata/timestamp.json%00.html", [404]],
    ["GET /metadata/timestamp.json\0.html", [400]],
    ["GET /metadata/.timestamp.json.tmp", [404]],
    ["GET /metadata/%2etimestamp.json.tmp", [404]],
    ["GET /metadata", [404]],
    ["GET /metadata/", [404]],
    ["GET //metadata/timestamp.json", [404]],
    ["GET /metadata//timestamp.json", [404]],
    ["GET http://causeway.test/metadata/timestamp.json", [404]],
    ["GET file:///etc/passwd", [404, 400]],
    ["GET *", [404, 400]],
    ["OPTIONS *", [405]],
    ["CONNECT causeway.test:443", [405]],
    ["CONNECT /metadata/timestamp.json", [400, 405]],
    ["GET metadata/timestamp.json", [404, 400]],
    ["PRI *", [400, 405]],
    ["get /metadata/timestamp.json", [400]],
    ["FETCH /metadata/timestamp.json", [400]],
    [`GET /metadata/${"a".repeat(300)}`, [404]],
    [`GET /metadata/${"a".repeat(2_000)}`, [404]],
    [`GET /metadata/${"a".repeat(20_000)}`, [431]],
  ];
  for (const [start, statuses] of cases) {
    const answer = await askRaw(origin.port, head(`${start} HTTP/1.1`));
    const shown = JSON.stringify(start.slice(0, 80));
    assert.ok(statuses.includes(statusOf(answer)), `${shown}: ${answer.slice(0, 80)}`);
    assert.ok(!answer.includes(secret) && !answer.includes("root:"), shown);
  }
  assert.equal((await ask(new URL("metadata/timestamp.json", origin.url))).status, 200);
});

test("a symbolic link is never followed, neither as a file nor as a folder on the way", async (t) => {
  const origin = await testOrigin(t);
  const { tree } = origin.repository;
  mkdirSync(join(tree, "keys"));
  mkdirSync(join(tree, "targets"));
  writeFileSync(join(tree, "keys", "root.pem"), secret);
  symlinkSync("/etc/passwd", join(tree, "targets", "passwd"));
  symlinkSync("../keys/root.pem", join(tree, "targets", "key"));
  symlinkSync("../keys", join(tree, "targets", "folder"));
  symlinkSync("/", join(tree, "targets", "system"));
  symlinkSync("../metadata/timestamp.json", join(tree, "targets", "inside"));
  symlinkSync("loop", join(tree, "targets", "loop"));
  const paths = ["passwd", "key", "folder/root.pem", "system/etc/passwd", "inside", "loop"];
  for (const path of paths) {
    assert.equal((await ask(new URL(`targets/${path}`, origin.url))).status, 404, path);
  }
});

test("a file that was served and then became a link is not served any more", async (t) => {
  const origin = await testOrigin(t);
  const { tree } = origin.repository;
  const url = new URL("metadata/timestamp.json", origin.url);
  assert.equal((await ask(url)).status, 200);
  rmSync(join(tree, "metadata", "timestamp.json"));
  symlinkSync("/etc/passwd", join(tree, "metadata", "timestamp.json"));
  assert.equal((await ask(url)).status, 404);
});

test("folders, pipes and files as folders are not there; a hard link is a file", async (t) => {
  const origin = await testOrigin(t);
  const { tree } = origin.repository;
  mkdirSync(join(tree, "metadata", "folder"));
  execFileSync("mkfifo", [join(tree, "metadata", "pipe")]);
  linkSync(join(tree, "metadata", "timestamp.json"), join(tree, "metadata", "hard.json"));
  for (const path of ["folder", "pipe", "timestamp.json/x"]) {
    assert.equal((await ask(new URL(`metadata/${path}`, origin.url))).status, 404, path);
  }
  assert.equal((await ask(new URL("metadata/hard.json", origin.url))).status, 200);
});
