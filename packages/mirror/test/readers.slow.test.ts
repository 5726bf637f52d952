import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { createClient } from "@causeway/client";
import {
  noise,
  portsIn2030,
  product,
  startRoutes,
  Vendor,
} from "../../client/test/support/field.ts";
import { MemoryStore } from "../../client/test/support/memory-store.ts";
import { TufJsClient } from "../../trust/test/support/tuf-js-client.ts";
import { diskFiles } from "./support/disk-files.ts";
import { mirrorOf, treeFolder } from "./support/mirrored.ts";

const updates = 40;
// All share one process: readers without a pause would let no update end.
const betweenReadsMs = 100;

test("while a mirror is updated forty times, no reader meets half of a state", async (t) => {
  const folder = await treeFolder(t);
  const vendor = new Vendor();
  vendor.release("1.0", noise(1_000, 1));
  await using origin = await startRoutes(["honest"], vendor.files());
  await using served = await startRoutes(["honest"], diskFiles(folder));
  const mirror = await mirrorOf(t, { folder, routes: origin.urls, trust: vendor.trust });
  await mirror.update();
  let isOver = false;
  const publish = async (): Promise<void> => {
    for (let round = 1; round <= updates; round++) {
      if (round % 20 === 0) vendor.repository.publish("root");
      vendor.release(`1.${round}`, noise(1_000, round + 1));
      for (const server of origin.servers) server.files = vendor.files();
      await mirror.update();
    }
    isOver = true;
  };
  const ours = async (): Promise<number> => {
    let last = 0;
    for (let reads = 1; ; reads++) {
      const state = new MemoryStore();
      const { trust } = vendor;
      const client = createClient({ trust, routes: served.urls, state, ports: portsIn2030() });
      const { version } = await client.check(product, { platform: "any" });
      const minor = Number(version.slice(2));
      assert.ok(minor >= last, `${minor} after ${last}`);
      last = minor;
      if (isOver) return reads;
      await setTimeout(betweenReadsMs);
    }
  };
  const others = async (): Promise<number> => {
    const disk = diskFiles(folder);
    for (let reads = 1; ; reads++) {
      using client = new TufJsClient(vendor.repository, (path) => disk.get(path));
      const [found] = await client.find([`products/${product}.json`]);
      assert.ok(found);
      assert.ok(disk.get(`targets/products/${found}.${product}.json`));
      if (isOver) return reads;
      await setTimeout(betweenReadsMs);
    }
  };
  const [, byOurs, byOthers] = await Promise.all([publish(), ours(), others()]);
  t.diagnostic(`${updates} updates, ${byOurs} reads by our client, ${byOthers} by tuf-js`);
  assert.ok(byOurs > 10 && byOthers > 10);
});
