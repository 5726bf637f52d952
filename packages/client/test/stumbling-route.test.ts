import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { after, suite, test } from "node:test";
import { folderStore } from "../src/node/index.ts";
import { clientOf, content, ports, vendor } from "./support/customer.ts";
import type { Behaviour } from "./support/faulty-route.ts";
import { product, startRoutes } from "./support/field.ts";
import { tempFolder } from "./support/temp-folder.ts";

after(() => ports.transport.close());

const stumbles: readonly Behaviour[] = [
  "busy-429",
  "busy-503",
  "misses-404",
  "truncates",
  "hangs-in-body",
  "hangs-before-headers",
];

suite("the only honest route fails at each file once", { concurrency: 3 }, () => {
  for (const stumble of stumbles) {
    test(stumble, async () => {
      await using folder = await tempFolder();
      await using fleet = await startRoutes(["honest", "dead", "lies"], vendor.files());
      const [good] = fleet.servers;
      assert.ok(good);
      good.firstTime = stumble;
      good.headers = { "retry-after": "0" };
      const client = clientOf(folder.path, fleet.urls);
      const output = { store: folderStore(folder.path), name: "new" };
      await client.get(product, { platform: "linux-x64", output });
      assert.deepEqual(await fs.readFile(path.join(folder.path, "new")), Buffer.from(content));
    });
  }
});

test("the only honest route's connections are all cut after some bytes, and the patch comes", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["cuts", "dead"], vendor.files());
  const client = clientOf(folder.path, fleet.urls);
  const output = { store: folderStore(folder.path), name: "new" };
  await client.get(product, { platform: "linux-x64", output });
  assert.deepEqual(await fs.readFile(path.join(folder.path, "new")), Buffer.from(content));
});
