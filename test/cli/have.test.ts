import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { test } from "node:test";
import { causeway, folderFor } from "../support/cli.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

const isWindows = process.platform === "win32";

test("an old file that is none, or cannot be read, costs a warning and bytes, never the patch", {
  skip: isWindows,
}, async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const old = programBytes(1_000_000); // a chunk has up to a quarter of it, and the last is new
  const next = Buffer.concat([old, programBytes(1_000)]);
  await vendor.release("1.0.0", next);
  const at = (name: string): string => path.join(folder, name);
  execFileSync("mkfifo", [at("pipe")]);
  await mkdir(at("folder"));
  await using server = createServer();
  server.listen(at("socket"));
  await once(server, "listening");
  const none = ["pipe", "folder", "socket", "missing"].map(at);
  // Of root's, too: it is a file, may be opened, and has nothing where a file begins.
  const unreadable = process.platform === "linux" ? ["/proc/self/mem"] : [];
  const useless = [...none, "/dev/null", "/dev/zero", ...unreadable];
  await writeFile(at("empty"), "");
  await writeFile(at("old"), old);

  const route = ["--route", `file://${vendor.tree}/`, "--trust", vendor.root];
  const have = [...useless, at("empty"), at("old")].flatMap((file) => ["--have", file]);
  const rest = ["--state", at("state"), "-o", at("new"), "--json"];
  const { code, stdout, stderr } = await causeway(["get", "reader", ...route, ...have, ...rest]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(await readFile(at("new")), next);
  const { reused } = JSON.parse(stdout) as { reused: number };
  assert.ok(reused > old.length / 2, `${reused} of ${old.length}`);
  const warned = stderr.split("\n").filter((line) => line.includes("Going on without it."));
  assert.equal(warned.length, useless.length, stderr);
  for (const file of useless) assert.ok(stderr.includes(`${file}: `), file);

  const tooMany = Array.from({ length: 17 }, () => ["--have", at("old")]).flat();
  const refused = await causeway(["get", "reader", ...route, ...tooMany, ...rest]);
  assert.equal(refused.code, 2, refused.stderr);
  assert.match(refused.stdout, /17 old files; at most 16 are looked through/);
});
