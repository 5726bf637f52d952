import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { editRoutes, listRoutes, publish, type RouteEdit } from "../src/index.ts";
import { statesIn, vendorWithRoutes } from "./support/routes.ts";
import { treeDigests } from "./support/tree-digests.ts";

const script = fileURLToPath(new URL("support/routes-process.ts", import.meta.url));
const carrier = "carriers: [{ id: web, kind: folder, path: ../web }]\n";

/** @returns whether it was killed before its end */
async function run(dir: string, edit: RouteEdit, killAfterMs?: number): Promise<boolean> {
  const child = spawn(process.execPath, [script, dir, JSON.stringify(edit)], { stdio: "ignore" });
  const ended = once(child, "exit");
  const kill =
    killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  clearTimeout(kill);
  assert.ok(code === 0 || signal === "SIGKILL", `ended with ${code ?? signal}`);
  return signal === "SIGKILL";
}

test("a change that is killed at any instant is done by the same command, or by publish", async (t) => {
  const vendor = await vendorWithRoutes(t, carrier);
  const options = { passphrase: () => Promise.resolve("") };
  const trees = [vendor.repository, join(vendor.parent, "web")];
  const seen = new Map<string, string>();
  await run(vendor.dir, { kind: "drain", id: "mirror-1" }); // the first one compiles
  const start = performance.now();
  await run(vendor.dir, { kind: "restore", id: "mirror-1" });
  const onceMs = performance.now() - start;
  let killed = 0;
  for (let round = 0; round < 4; round++) {
    const edit: RouteEdit = { kind: "add", id: `r-${round}`, urls: [`https://r${round}.example/`] };
    // The later the nearer to its end: most of the time is spent before anything is written.
    if (await run(vendor.dir, edit, onceMs * (0.3 + 0.2 * round))) killed++;
    for (const tree of trees) await statesIn(tree, Date.now()); // readers have a whole state
    if (round % 2 === 0)
      await publish(vendor.dir, options); // of a kill before it began, nothing
    else await editRoutes(vendor.dir, edit, options);
    assert.deepEqual((await listRoutes(vendor.dir)).unpublished, []);
    await editRoutes(vendor.dir, edit, options);
    for (const tree of trees) {
      assert.equal((await statesIn(tree, Date.now()))[edit.id], "active", `${tree}, ${round}`);
      for (const [path, digest] of await treeDigests(tree)) {
        if (!path.startsWith("/metadata/") || path.endsWith("/timestamp.json")) continue;
        assert.equal(digest, seen.get(path) ?? digest, `${path} changed`);
        seen.set(path, digest);
      }
    }
  }
  t.diagnostic(`killed in ${killed} of 4 rounds`);
  assert.ok(killed >= 1, `only ${killed} rounds were killed in time`);
});
