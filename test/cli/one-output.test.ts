import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startSlowRoute } from "../../packages/client/test/support/slow-route.ts";
import { type Ended, ended, folderFor, start } from "../support/cli.ts";
import { programBytes, TestVendor } from "../support/vendor.ts";

test("three that get two versions to one file, each with a state of its own, take turns", async (t) => {
  const cwd = folderFor(t);
  const vendor = await TestVendor.make(folderFor(t));
  const versions = [programBytes(1_000_000), programBytes(1_000_000)];
  for (const [at, bytes] of versions.entries()) await vendor.release(`1.${at}.0`, bytes);
  await using slow = await startSlowRoute(await filesOf(vendor.tree), 100_000);
  await using quick = await startSlowRoute(await filesOf(vendor.tree), 50_000_000);
  const get = (state: string, version: string, url: string): Running => {
    const trust = ["--trust", vendor.root, "--state", state];
    const what = ["get", "reader", "--version", version, "--route", url, "-o", "reader"];
    const child = start([...what, ...trust], { cwd });
    t.after(() => child.kill("SIGKILL"));
    return { child, end: ended(child) };
  };
  const output = (): Promise<Buffer | undefined> => {
    return readFile(path.join(cwd, "reader")).catch(() => undefined);
  };
  const isWhole = (bytes: Buffer): boolean => versions.some((whole) => whole.equals(bytes));

  const first = get("a", "1.0.0", slow.url);
  await says(first, "taking the ");
  const second = get("b", "1.1.0", quick.url);
  const third = get("c", "1.0.0", quick.url);
  const waits = `waiting for process ${first.child.pid}, `;
  await Promise.all([says(second, waits), says(third, waits)]);
  assert.equal(await output(), undefined, "nobody is through");
  const watch = new AbortController();
  const watched = watchOutput(watch.signal, async () => {
    const bytes = await output();
    assert.ok(bytes === undefined || isWhole(bytes), "what has the name is whole");
  });
  slow.bytesPerSecond = 50_000_000;
  const ends = await Promise.all([first.end, second.end, third.end]);
  watch.abort();
  await watched;
  for (const { code, stderr } of ends) assert.equal(code, 0, stderr);
  const last = await output();
  assert.ok(last !== undefined && isWhole(last));
  assert.deepEqual(await readdir(cwd), ["a", "b", "c", "reader"]);
});

interface Running {
  readonly child: ChildProcess;
  readonly end: Promise<Ended>;
}

async function watchOutput(signal: AbortSignal, look: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await look();
    await setTimeout(2);
  }
}

/** Resolves when it has said so. */
async function says({ child, end }: Running, text: string): Promise<void> {
  let told = "";
  const said = new Promise<void>((resolve) => {
    child.stderr?.on("data", (piece) => {
      told += String(piece);
      if (told.includes(text)) resolve();
    });
  });
  await Promise.race([said, end]);
  assert.ok(told.includes(text), told);
}

async function filesOf(tree: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const entry of await readdir(tree, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    files.set(path.relative(tree, file), await readFile(file));
  }
  return files;
}
