import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { decodeCatalogue, type ProductId, parseJson } from "@causeway/kernel";
import { assertStrictlyReadable } from "./support/strict-reader.ts";
import { treeDigests } from "./support/tree-digests.ts";
import { patchBytes, TestVendor } from "./support/vendor.ts";
import { targetBytes, WalkingClient } from "./support/walking-client.ts";

const script = fileURLToPath(new URL("support/publish-process.ts", import.meta.url));

interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Runs the script; kills it with SIGKILL after `killAfterMs`, if it lives that long. */
function run(args: readonly string[], killAfterMs: number | undefined): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    const kill =
      killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(kill);
      resolve({ code, signal, stderr });
    });
  });
}

/** Milliseconds in [0, max), the same for a seed on every run. */
function spread(seed: number, max: number): number {
  return ((seed * 2654435761) % 4294967296) % max;
}

test("a publisher that is killed at any instant goes on when run again, and readers never see half", async (t) => {
  const vendor = await TestVendor.make(t, { now: Date.now });
  await vendor.configure("name: C\ncarriers: [{ id: web, kind: folder, path: ../web }]\n");
  const file = await vendor.file("reader", patchBytes("x"));
  const web = join(vendor.parent, "web");
  const versions: string[] = [];
  assert.equal((await run([vendor.dir, file, "0.0"], undefined)).code, 0); // the first one compiles
  const whole = performance.now();
  assert.equal((await run([vendor.dir, file, "0.1"], undefined)).code, 0);
  const onceMs = performance.now() - whole;
  let killed = 0;
  const seen = new Map<string, string>();
  for (let round = 1; round <= 20; round++) {
    if (round % 3 === 1) versions.push(`1.${round}`);
    const outcome = await run([vendor.dir, file, ...versions.slice(-1)], spread(round, onceMs));
    if (outcome.signal === "SIGKILL") killed++;
    else assert.equal(outcome.code, 0, `round ${round}: ${outcome.stderr}`);
    for (const tree of [vendor.repository, web]) {
      await assertWhole(tree);
      await assertUnchanged(tree, seen);
    }
  }
  t.diagnostic(`killed in ${killed} of 20 rounds`);
  assert.ok(killed >= 5, `only ${killed} rounds were killed in time`);
  const last = await run([vendor.dir, file, "0.1", ...versions], undefined);
  assert.equal(last.code, 0, last.stderr);
  for (const tree of [vendor.repository, web]) {
    const client = await assertWhole(tree);
    for (const version of versions) {
      const path = `patches/reader/${version}/any/reader`;
      const found = await client.find(tree, path, Date.now());
      assert.deepEqual(await targetBytes(tree, found), Buffer.from(patchBytes("x")));
    }
  }
  await assertStrictlyReadable(web);
  const left = await readdir(vendor.dir);
  assert.ok(!left.includes("staged") && !left.includes(".work"), left.join());
});

/**
 * No name ever stands for other bytes than before, in any copy, but the timestamp's, hidden ones, and
 * those of pages that tell of all patches.
 */
async function assertUnchanged(tree: string, seen: Map<string, string>): Promise<void> {
  for (const [path, digest] of await treeDigests(tree)) {
    if (path.includes("/.") || path.endsWith("/timestamp.json")) continue;
    if (path.startsWith("/security/") && !path.startsWith("/security/patches/")) continue;
    assert.equal(digest, seen.get(path) ?? digest, `${path} changed`);
    seen.set(path, digest);
  }
}

/** A client takes the tree as it is now, and finds every file that the catalogue names. */
async function assertWhole(tree: string): Promise<WalkingClient> {
  const now = Date.now();
  const client = await WalkingClient.pinned(tree, now);
  await client.refresh(tree, now);
  const catalogue = await client.find(tree, "products/reader.json", now);
  const read = parseJson(await targetBytes(tree, catalogue), "catalogue");
  const { releases } = decodeCatalogue(read, "reader" as ProductId);
  for (const { target, length } of releases) {
    const found = await client.find(tree, target, now);
    assert.equal((await targetBytes(tree, found)).length, length);
  }
  return client;
}
