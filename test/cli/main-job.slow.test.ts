import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { causeway, causewayJson, ended, folderFor, serveTree, start } from "../support/cli.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

test("a customer gets the patch, verified, although the first route is dead", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const bytes = programBytes(3_000_000);
  await vendor.release("1.0.0", programBytes(1000));
  await vendor.release("2.0.0", bytes);
  const { url } = await serveTree(t, vendor.tree);
  const dead = "http://127.0.0.1:1/";
  const args = ["get", "reader", "--route", dead, "--route", url, "--state", "state"];

  const got = await causewayJson([...args, "--trust", vendor.root, "-o", "out.bin"], {
    cwd: folder,
    own: true,
  });

  assert.equal(got.code, 0, got.stderr);
  const { downloaded, seconds, clock, routes, ...rest } = got.json as Record<string, unknown>;
  assert.deepEqual(rest, {
    product: "reader",
    version: "2.0.0",
    file: path.join(folder, "out.bin"),
    sha256: createHash("sha256").update(bytes).digest("hex"),
    length: bytes.length,
    reused: 0,
  });
  assert.ok(typeof downloaded === "number" && downloaded < bytes.length);
  assert.ok(typeof seconds === "number");
  assert.partialDeepStrictEqual(clock, { trusted: true });
  // A Date header has whole seconds, and may be one old when it is read.
  assert.ok(Math.abs((clock as { skewSeconds: number }).skewSeconds) <= 1);
  assert.partialDeepStrictEqual(routes, [
    { url: dead, bytes: 0, state: "dead" },
    { url, state: "ok", why: null },
  ]);
  assert.deepEqual(await readFile(path.join(folder, "out.bin")), bytes);
  assert.deepEqual((await readdir(folder)).toSorted(), [
    "out.bin",
    "reader.bin",
    "state",
    "vendor",
  ]);

  const again = await causewayJson(args, { cwd: folder });
  assert.equal(again.code, 0, `without --trust and -o: ${again.stderr}`);
  assert.equal((again.json as { file: string }).file, path.join(folder, "reader.bin"));

  const old = await causewayJson([...args, "--version", "1.0.0", "-o", "old.bin"], { cwd: folder });
  assert.equal((old.json as { version: string }).version, "1.0.0");
});

test("the difference to an old version is enough, and a folder of files is a route", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const old = programBytes(4_000_000);
  const next = Buffer.concat([
    old.subarray(0, 2_000_000),
    programBytes(5000),
    old.subarray(2_000_000),
  ]);
  await vendor.release("1.0.0", old);
  await vendor.release("1.0.1", next);
  const route = new URL(`file://${vendor.tree}/`).href;
  const args = ["--route", route, "--state", "state", "--trust", vendor.root];

  const first = await causewayJson(["get", "reader", ...args, "--version", "1.0.0", "-o", "a"], {
    cwd: folder,
  });
  const second = await causewayJson(
    ["get", "reader", ...args, "-o", "b", "--have", "a", "--have", "none"],
    {
      cwd: folder,
    },
  );

  assert.equal(first.code, 0, first.stderr);
  assert.equal(second.code, 0, second.stderr);
  assert.match(second.stderr, /none: it is not there. Going on without it/);
  const { downloaded, reused } = second.json as { downloaded: number; reused: number };
  assert.ok(downloaded < 200_000, `${downloaded} bytes for a difference of 5000`);
  assert.ok(reused > 3_900_000);
  assert.deepEqual(await readFile(path.join(folder, "b")), next);
});

test("Ctrl-C ends a download with 130, and the same command goes on from there", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const bytes = programBytes(60_000_000);
  await vendor.release("1.0.0", bytes);
  const { url } = await serveTree(t, vendor.tree);
  const args = ["get", "reader", "--trust", vendor.root, "--route", url, "--state", "state"];

  const child = start([...args, "-o", "out"], { cwd: folder });
  const end = ended(child);
  while (!(await readdir(folder)).some((name) => name.endsWith(".part"))) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => setTimeout(resolve, 150));
  child.kill("SIGINT");
  const { code, stderr } = await end;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /interrupted; run the same command again to go on \[INTERRUPTED\]/);

  const got = await causewayJson([...args, "-o", "out"], { cwd: folder });
  assert.equal(got.code, 0, got.stderr);
  assert.deepEqual(await readFile(path.join(folder, "out")), bytes);
  assert.ok((got.json as { reused: number }).reused > 0, "what was fetched before was kept");
});

test("two at once on one state both end well, one after the other", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  await vendor.release("1.0.0", programBytes(20_000_000));
  const { url } = await serveTree(t, vendor.tree);
  const args = [
    "get",
    "reader",
    "--trust",
    vendor.root,
    "--route",
    url,
    "--state",
    "state",
    "-o",
    "out",
  ];

  const both = await Promise.all([
    causeway(args, { cwd: folder }),
    causeway(args, { cwd: folder }),
  ]);

  assert.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
    both.map(({ stderr }) => stderr).join("\n"),
  );
});

test("a server stops in order, and ends with 0", async (t) => {
  const folder = folderFor(t);
  const vendor = await TestVendor.make(folder);
  const { url, process: server } = await serveTree(t, vendor.tree);
  const answer = await fetch(`${url}metadata/timestamp.json`);
  assert.equal(answer.status, 200);
  await answer.arrayBuffer();
  const end = ended(server);
  server.kill("SIGTERM");
  assert.equal((await end).code, 0);
  await assert.rejects(fetch(url));
});
