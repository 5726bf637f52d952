import assert from "node:assert/strict";
import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { editRoutes, type RouteEdit } from "../src/index.ts";
import { configOf, edited, statesIn, vendorWithRoutes } from "./support/routes.ts";
import { treeDigests } from "./support/tree-digests.ts";

const carrier = "carriers: [{ id: web, kind: folder, path: ../web }]\n";

test("a route is added, drained, restored and retired in one step each, in every place", async (t) => {
  const vendor = await vendorWithRoutes(t, carrier);
  const web = join(vendor.parent, "web");
  const add: RouteEdit = {
    kind: "add",
    id: "mirror-2",
    urls: ["https://n.example"],
    details: { region: "eu-west", weight: 7 },
  };
  const added = await edited(vendor, add);
  assert.deepEqual(added.changes, [
    {
      id: "mirror-2",
      before: null,
      after: {
        id: "mirror-2",
        urls: ["https://n.example/"],
        kind: "origin",
        region: "eu-west",
        priority: 1,
        weight: 7,
        state: "active",
      },
    },
  ]);
  assert.deepEqual(
    added.routes.map(({ id, ok }) => [id, ok]),
    [
      ["repository", true],
      ["web", true],
    ],
  );
  const steps: readonly (readonly [RouteEdit["kind"], string])[] = [
    ["drain", "draining"],
    ["restore", "active"],
    ["retire", "retired"],
  ];
  for (const [kind, state] of steps) {
    const { changes } = await edited(vendor, { kind, id: "origin-1" } as RouteEdit);
    assert.deepEqual(
      changes.map(({ after }) => after?.state),
      [state],
    );
    for (const tree of [vendor.repository, web]) {
      const states = { "origin-1": state, "mirror-1": "active", "mirror-2": "active" };
      assert.deepEqual(await statesIn(tree, vendor.now), states);
    }
  }
  const text = await configOf(vendor);
  for (const comment of [
    "# as on the box",
    "# Ours first.",
    "# in the cellar",
    "# the one with the",
  ]) {
    assert.ok(text.includes(comment), `${comment} in:\n${text}`);
  }
});

test("of two copies of a vendor folder the second is told, and changes nothing anywhere", async (t) => {
  const vendor = await vendorWithRoutes(t, carrier);
  const copy = join(vendor.parent, "copy");
  await cp(vendor.dir, copy, { recursive: true });
  await edited(vendor, { kind: "drain", id: "mirror-1" });
  const web = join(vendor.parent, "web");
  const [here, there] = [await treeDigests(copy), await treeDigests(web)];
  const second = editRoutes(copy, { kind: "drain", id: "origin-1" }, vendor.common());
  const message = /web has a newer state .* from another copy of it\. Nothing was changed/;
  await assert.rejects(second, { code: "HOST_CORRUPT_STATE", message });
  assert.deepEqual([await treeDigests(copy), await treeDigests(web)], [here, there]);
  // Both have done as much, while no carrier could tell the one of the other.
  await rm(web, { recursive: true });
  vendor.now += 60_000; // or both would have signed the very same timestamp
  await editRoutes(copy, { kind: "drain", id: "origin-1" }, vendor.common());
  const third = edited(vendor, { kind: "restore", id: "mirror-1" });
  await assert.rejects(third, { message: /another state of the same number/ });
});

test("a carrier that fails is told, and gets the list by the same command later", async (t) => {
  const vendor = await vendorWithRoutes(t, carrier);
  const web = join(vendor.parent, "web");
  await rm(web, { recursive: true });
  await writeFile(web, "in the way");
  const edit: RouteEdit = { kind: "retire", id: "origin-1" };
  const { routes, changes } = await edited(vendor, edit);
  assert.deepEqual([routes.map(({ ok }) => ok), changes.length], [[true, false], 1]);
  await rm(web);
  const again = await edited(vendor, edit);
  assert.deepEqual([again.routes.map(({ ok }) => ok), again.changes], [[true, true], []]);
  assert.equal((await statesIn(web, vendor.now))["origin-1"], "retired");
});
