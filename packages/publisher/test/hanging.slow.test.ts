import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { publish } from "../src/index.ts";
import { hangingFolder } from "./support/hanging-folder.ts";
import { treeDigests } from "./support/tree-digests.ts";
import { TestVendor } from "./support/vendor.ts";

test("carriers whose file system hangs are given up, and the others have the patch by then", async (t) => {
  const hanging = await hangingFolder(t);
  if (hanging === undefined) return;
  const vendor = await TestVendor.make(t);
  // More than the threads that all files of one process share.
  const ids = ["a", "b", "c", "d", "e"];
  const lost = ids.map((id) => `  - { id: ${id}, kind: folder, path: ${join(hanging, id)} }\n`);
  const web = "  - { id: web, kind: folder, path: ../web }\n";
  await vendor.configure(`name: C\ncarriers:\n${lost.join("")}${web}`);
  await vendor.add({ version: "1.0" });
  const begin = performance.now();
  const options = { ...vendor.common(), carrierStallMs: 12_000 };
  const { routes } = await publish(vendor.dir, options);
  assert.ok(performance.now() - begin < 50_000, "once, and at the same time");
  assert.deepEqual(
    routes.map(({ id, ok, error }) => [id, ok, error?.code]),
    [
      ["repository", true, undefined],
      ...ids.map((id) => [id, false, "HOST_IO"]),
      ["web", true, undefined],
    ],
  );
  assert.match(routes[1]?.error?.message ?? "", /\/a gave no sign of life for/);
  const tree = await treeDigests(vendor.repository);
  for (const [path, digest] of await treeDigests(join(vendor.parent, "web"))) {
    assert.equal(tree.get(path), digest);
  }
});

test("whoever interrupts a publish does not wait for a file system that hangs", async (t) => {
  const hanging = await hangingFolder(t);
  if (hanging === undefined) return;
  const vendor = await TestVendor.make(t);
  await vendor.configure(
    `name: C\ncarriers:\n  - { id: lost, kind: folder, path: ${hanging} }\n` +
      "  - { id: web, kind: folder, path: ../web }\n",
  );
  await vendor.add({ version: "1.0" });
  const controller = new AbortController();
  const running = publish(vendor.dir, { ...vendor.common(), signal: controller.signal });
  const expected = assert.rejects(running, { code: "INTERRUPTED" });
  // What is last on a route: from then on it is the hanging one alone that is waited for.
  while (!existsSync(join(vendor.parent, "web/metadata/timestamp.json"))) await setTimeout(50);
  const begin = performance.now();
  controller.abort();
  await expected;
  assert.ok(performance.now() - begin < 3000);
  await vendor.configure("name: C\ncarriers:\n  - { id: web, kind: folder, path: ../web }\n");
  await rm(join(vendor.parent, "web"), { recursive: true });
  assert.ok(
    (await vendor.publish()).routes.every(({ ok }) => ok),
    "the folder is not locked",
  );
});
