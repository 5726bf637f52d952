import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { after, test } from "node:test";
import type { Transport } from "@causeway/kernel";
import { type Client, type ClientEvent, createClientWithin } from "../src/client.ts";
import { downloadLimits } from "../src/download-limits.ts";
import { type ClientLimits, clientLimits } from "../src/limits.ts";
import { folderStore } from "../src/node/index.ts";
import { noise, portsIn2030, product, startRoutes, Vendor } from "./support/field.ts";
import { tempFolder } from "./support/temp-folder.ts";

const ports = portsIn2030();
after(() => ports.transport.close());

const vendor = new Vendor();
vendor.release("1.0", noise(300_000, 1));
const old = vendor.files();
const newest = noise(300_000, 2);
vendor.release("1.1", newest);
const files = vendor.files();

/** With the deadlines of the field. */
function clientOf(
  folder: string,
  routes: readonly string[],
  transport: Transport = ports.transport,
  limits: ClientLimits = clientLimits,
): Client {
  const state = folderStore(path.join(folder, "state"));
  const options = { trust: vendor.trust, routes, state, ports: { ...ports, transport } };
  return createClientWithin({ client: limits, download: downloadLimits }, options);
}

test("a patch comes while a silent route may still speak", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["hangs-before-headers", "honest", "honest"], files);
  const output = { store: folderStore(folder.path), name: "new" };
  const silent = fleet.servers[0];
  assert.ok(silent);
  let isWhole = false;
  const onProgress = (event: ClientEvent): void => {
    if (event.kind !== "verify" || event.done !== event.total) return;
    isWhole = true;
    Object.assign(silent, { behaviour: "misses-404" }); // it has nothing to say
    for (const socket of silent.sockets) socket.resetAndDestroy();
  };
  const { exchange } = clientLimits;
  const answer = { firstMs: 600_000, minMs: 600_000, maxMs: 600_000 };
  const client = clientOf(folder.path, fleet.urls, ports.transport, {
    ...clientLimits,
    exchange: { ...exchange, answer },
    metadata: { ...clientLimits.metadata, secondOpinionMs: 600_000 },
  });
  const got = await client.get(product, { platform: "any", output, onProgress });
  assert.equal(got.version, "1.1");
  assert.equal(isWhole, true);
});

test("what a far route knows takes the place of what was begun on a near one's word", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["honest", "honest"], files);
  Object.assign(fleet.servers[0] ?? {}, { files: old });
  const far: Transport = {
    async open(request) {
      const isFar = request.url.href.startsWith(fleet.urls[1] ?? "");
      if (isFar) await ports.clock.sleep(300, request.signal);
      return ports.transport.open(request);
    },
  };
  const output = { store: folderStore(folder.path), name: "new" };
  const found: string[] = [];
  const onProgress = (event: ClientEvent): void => {
    if (event.kind === "found") found.push(event.release.version);
  };
  const client = clientOf(folder.path, fleet.urls, far);
  const got = await client.get(product, { platform: "any", output, onProgress });
  assert.deepEqual(found, ["1.0", "1.1"]);
  assert.equal(got.version, "1.1");
  assert.deepEqual(
    got.routes.map(({ state }) => state),
    ["stale", "ok"],
  );
  assert.deepEqual(await fs.readFile(path.join(folder.path, "new")), Buffer.from(newest));
  const left = await fs.readdir(folder.path);
  assert.deepEqual(left.toSorted(), ["new", "state"]);
});
