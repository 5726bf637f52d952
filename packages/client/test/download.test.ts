import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { parseRoute } from "../src/routes/parse-route.ts";
import { programBytes, publish } from "./support/download-fixture.ts";
import { startWorld } from "./support/download-world.ts";
import { tempFolder } from "./support/temp-folder.ts";

const patch = publish(programBytes(6_000_000, 7));

void test("bytes come from all good routes at once, and each of them once", async () => {
  await using world = await startWorld(patch, ["honest", "honest", "honest"]);
  const result = await world.download();
  await world.assertWhole();
  assert.equal(result.plan, "pack");
  const wanted = (patch.release.pack?.length ?? 0) + patch.release.index.length;
  assert.ok(result.downloaded < wanted + 512 * 1024, `${result.downloaded} of ${wanted} bytes`);
  for (const route of world.routes) {
    assert.equal(route.state, "ok");
    assert.ok(route.bytesKept > wanted / 10, `${route.bytesKept} bytes from ${route.id}`);
  }
});

void test("a target that is there already is not fetched, and nothing is left beside it", async () => {
  await using world = await startWorld(patch, ["honest"]);
  await world.download();
  const requests = world.servers[0]?.requests.length;
  const result = await world.download();
  assert.deepEqual([result.plan, result.downloaded], ["none", 0]);
  assert.equal(result.reused, patch.bytes.length);
  assert.equal(world.servers[0]?.requests.length, requests);
  assert.deepEqual(await world.names(), ["app"]);
});

void test("a folder is a route as any other", async () => {
  await using temp = await tempFolder();
  for (const [name, bytes] of patch.files) {
    const file = path.join(temp.path, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, bytes);
  }
  await using world = await startWorld(patch, ["dead"]);
  const route = parseRoute(`${pathToFileURL(temp.path).href}/`);
  await world.download({ routes: [...world.servers.map(({ url }) => parseRoute(url)), route] });
  await world.assertWhole();
  assert.ok(route.bytesKept > 0);
});
