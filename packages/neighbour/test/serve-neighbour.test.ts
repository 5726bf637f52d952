import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { folderStore } from "@causeway/client/node";
import { clientOf, content, ports, vendor } from "../../client/test/support/customer.ts";
import { product } from "../../client/test/support/field.ts";
import { askRaw, head, statusOf } from "../../origin/test/support/http.ts";
import { type Neighbour, serveNeighbour } from "../src/serve-neighbour.ts";
import { folderFor, stateWith } from "./support/state.ts";

async function neighbourOf(t: TestContext, stateFolder: string): Promise<Neighbour> {
  const neighbour = await serveNeighbour({
    stateFolder,
    port: 0,
    uploadBytesPerSecond: 100_000_000,
    ports,
    log: () => undefined,
  });
  t.after(() => neighbour.close(0));
  return neighbour;
}

test("a neighbour is a route like any other", async (t) => {
  const folder = folderFor(t);
  const { port, repository } = await neighbourOf(
    t,
    stateWith(join(folder, "s"), vendor.trust, vendor.files()),
  );
  assert.match(repository, /^[0-9a-f]{16}$/);
  const customer = clientOf(join(folder, "customer"), [`http://127.0.0.1:${port}/`]);
  const got = await customer.get(product, {
    platform: "linux-x64",
    output: { store: folderStore(folder), name: "new" },
  });
  assert.equal(got.length, content.length);
});

test("a neighbour serves the repository, and nothing else of the state", async (t) => {
  const state = stateWith(folderFor(t), vendor.trust, vendor.files());
  writeFileSync(join(state, "held", ".mirror", "secret"), "secret");
  const { port } = await neighbourOf(t, state);
  const statusAt = async (path: string): Promise<number> => {
    return statusOf(await askRaw(port, head(`GET ${path} HTTP/1.1`)));
  };
  assert.equal(await statusAt("/metadata/timestamp.json"), 200);
  const others = [
    "/",
    "/.mirror/secret",
    "/metadata/../.mirror/secret",
    "/metadata/..%2f..%2fpinned-root.json",
    "/../pinned-root.json",
    "/pinned-root.json",
    "/held/metadata/timestamp.json",
    "/metadata/",
  ];
  for (const path of others) assert.ok((await statusAt(path)) >= 400, path);
});

test("who has nothing yet waits, and has it as soon as it comes", async (t) => {
  const state = stateWith(folderFor(t), vendor.trust);
  const neighbour = await neighbourOf(t, state);
  assert.equal(neighbour.isHolding, false);
  mkdirSync(join(state, "held", "metadata"));
  writeFileSync(join(state, "held", "metadata", "timestamp.json"), "{}");
  assert.equal(neighbour.isHolding, true);
});

test("a state without a vendor, or that began with a later root, is told what to do", async (t) => {
  const folder = folderFor(t);
  await assert.rejects(neighbourOf(t, join(folder, "none")), { code: "USAGE_TRUST_MISSING" });
  vendor.repository.publish("root");
  const later = vendor.files().get("metadata/2.root.json");
  assert.ok(later);
  await assert.rejects(neighbourOf(t, stateWith(join(folder, "later"), later)), {
    code: "USAGE_ARGUMENT",
    message: /later root/,
  });
});
