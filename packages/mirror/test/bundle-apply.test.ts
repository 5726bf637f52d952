import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { CausewayError, RouteId, TransportRequest } from "@causeway/kernel";
import { folderStore, type NodePorts, openClient } from "../../client/src/node/index.ts";
import { keepGivenRoute } from "../../client/src/routes/given-routes.ts";
import { clientOf } from "../../client/test/support/customer.ts";
import { noise, now, portsIn2030, Vendor } from "../../client/test/support/field.ts";
import { quickLimits } from "../../client/test/support/quick.ts";
import { type AppliedBundle, type ApplyOptions, applyBundle } from "../src/bundle/apply-bundle.ts";
import { createBundle } from "../src/bundle/create-bundle.ts";
import { treeFolder } from "./support/mirrored.ts";
import { writeTree } from "./support/vendor-tree.ts";

const signal = new AbortController().signal;
const hour = 3_600_000;

/** A vendor of some releases, the last of which is this one. */
const content = noise(1_200_000, 5);
const route = "https://updates.contoso.example/";
function makeVendor(): Vendor {
  const vendor = new Vendor();
  vendor.release("1.0", noise(300_000, 1));
  vendor.routes({
    version: 1,
    routes: [
      {
        id: "origin" as RouteId,
        urls: [route],
        kind: "origin",
        priority: 1,
        weight: 1,
        state: "active",
      },
    ],
  });
  vendor.release("1.1", content);
  return vendor;
}

async function bundleOf(t: TestContext, vendor: Vendor, partBytes = 1e9): Promise<string> {
  const folder = await treeFolder(t);
  const tree = writeTree(join(folder, "tree"), vendor.files());
  const file = join(folder, "a.causeway");
  await createBundle(
    { file, tree, partBytes, ports: portsIn2030(), signal },
    undefined,
    quickLimits,
  );
  return file;
}

/** Ports over which whatever is no file is counted, and refused. */
function withoutNetwork(wall = now): NodePorts & { readonly asked: string[] } {
  const ports = portsIn2030();
  const asked: string[] = [];
  const open = (request: TransportRequest) => {
    if (request.url.protocol === "file:") return ports.transport.open(request);
    asked.push(request.url.href);
    return ports.transport.open({ ...request, url: new URL("http://127.0.0.1:9/") });
  };
  const clock = { ...ports.clock, wall: () => wall };
  return { ...ports, asked, clock, transport: { ...ports.transport, open } };
}

function apply(
  file: string,
  stateFolder: string,
  more: Partial<ApplyOptions> = {},
  onProgress?: (done: number) => void,
): Promise<AppliedBundle> {
  const options = { file, stateFolder, ports: withoutNetwork(), lockWaitMs: 0, signal, ...more };
  return applyBundle(options, onProgress && (({ done }) => onProgress(done)), quickLimits);
}

function failsWith(code: CausewayError["code"], expected: RegExp) {
  return (error: CausewayError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, expected);
    return true;
  };
}

async function getWith(stateFolder: string, output: string): Promise<Buffer> {
  const ports = withoutNetwork();
  const client = await openClient({ routes: [], stateFolder, ports });
  try {
    await client.get("reader", { output });
    return readFileSync(output);
  } finally {
    client.close();
  }
}

test("a patch comes from a bundle that was applied, without the stick and without a network", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const file = await bundleOf(t, vendor);
  const state = join(folder, "state");
  await assert.rejects(apply(file, state), failsWith("USAGE_TRUST_MISSING", /--trust/));
  const ports = withoutNetwork();
  await keepGivenRoute(folderStore(state), route);
  const applied = await apply(file, state, { trust: vendor.trust, ports });
  assert.deepEqual([applied.versions.timestamp, applied.isNews, applied.products], [4, true, null]);
  assert.equal(applied.read > content.length, true);
  assert.deepEqual(ports.asked, []); // although the state has one, and the vendor's list
  await apply(file, state, { ports });
  assert.deepEqual(ports.asked, []);
  rmSync(file);
  assert.deepEqual(await getWith(state, join(folder, "out")), Buffer.from(content));
  // The vendor's list of routes came too.
  assert.match(readFileSync(join(state, "route-list.json"), "utf8"), /updates\.contoso\.example/);
});

test("what is held is one route of many, and its files are checked like any others", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const state = join(folder, "state");
  await apply(await bundleOf(t, vendor), state, { trust: vendor.trust });
  const name = [...vendor.files().keys()].find((each) => /1\.1\/any\/.*reader\.bin$/.test(each));
  const patch = join(state, "held", name ?? "");
  writeFileSync(
    patch,
    readFileSync(patch).map((byte, at) => (at === 700_000 ? byte ^ 1 : byte)),
  );
  const held = pathToFileURL(join(state, "held")).href;
  const quick = clientOf(folder, [held], vendor.trust, withoutNetwork()); // which gives up soon
  const output = { store: folderStore(folder), name: "out" };
  const wrong = failsWith("ROUTE_ALL_FAILED", /./);
  await assert.rejects(quick.get("reader", { platform: "any", output }), wrong);
  assert.equal(existsSync(join(folder, "out")), false);
  const again = await apply(await bundleOf(t, vendor), state);
  assert.equal(again.isNews, false);
  assert.deepEqual(await getWith(state, join(folder, "out")), Buffer.from(content));
});

test("a newer bundle takes an older one's place, and an older one is refused with the reason", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const older = await bundleOf(t, vendor);
  const newest = noise(500_000, 9);
  vendor.release("1.2", newest);
  const newer = await bundleOf(t, vendor);
  const state = join(folder, "state");
  await apply(older, state, { trust: vendor.trust });
  await apply(newer, state);
  const rolledBack = failsWith("TRUST_ROLLBACK", /^a\.causeway: .*nothing goes back/);
  await assert.rejects(apply(older, state), rolledBack);
  assert.deepEqual(await getWith(state, join(folder, "out")), Buffer.from(newest));
  const versions = readdirSync(join(state, "held", "metadata")).filter((each) =>
    /snapshot/.test(each),
  );
  assert.equal(versions.length, 1);
});

test("one that has expired, is another vendor's, or was changed is refused with the reason", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const file = await bundleOf(t, vendor);
  const state = join(folder, "state");
  const { trust } = vendor;
  const late = withoutNetwork(now + 20 * 365 * 24 * hour);
  const expired = failsWith("TRUST_EXPIRED", /make a new bundle; or is this machine's clock wrong/);
  await assert.rejects(apply(file, state, { trust, ports: late }), expired);
  const foreign = failsWith("TRUST_THRESHOLD", /another vendor/);
  const own = { trust: new Vendor().trust };
  await assert.rejects(apply(file, join(folder, "own"), own), foreign);
  const wrong = readFileSync(file);
  const at = wrong.indexOf(Buffer.from(content.subarray(600_000, 600_100)));
  writeFileSync(join(folder, "wrong.causeway"), wrong.fill(0, at, at + 9));
  const changed = failsWith("TRUST_MISMATCH", /was changed on the way/);
  await assert.rejects(apply(join(folder, "wrong.causeway"), state, { trust }), changed);
  const names = readdirSync(join(state, "held", "targets"), { recursive: true, encoding: "utf8" });
  assert.deepEqual(
    names.filter((each) => /1\.1.*reader\.bin$/.test(each)),
    [],
  );
  assert.equal(existsSync(join(state, "held", "metadata", "timestamp.json")), false);
});

test("one that is cut off, lacks a part, or is none is refused with the reason", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const state = join(folder, "state");
  const { trust } = vendor;
  const file = await bundleOf(t, vendor, 500_000);
  rmSync(`${file}.002`);
  const cut = failsWith("ROUTE_TRUNCATED", /no part missing/);
  await assert.rejects(apply(file, state, { trust }), cut);
  const whole = await bundleOf(t, vendor);
  truncateSync(whole, 900_000);
  await assert.rejects(apply(whole, state, { trust }), cut);
  const none = failsWith("USAGE_ARGUMENT", /is the stick in its place/);
  await assert.rejects(apply(join(folder, "x.causeway"), state, { trust }), none);
  writeFileSync(join(folder, "x.causeway"), "PK");
  await assert.rejects(apply(join(folder, "x.causeway"), state, { trust }), cut);
});

test("what a pulled stick or Ctrl-C broke off is gone on with", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const state = join(folder, "state");
  const { trust } = vendor;
  const file = await bundleOf(t, vendor);
  const stick = join(folder, "stick.causeway");
  copyFileSync(file, stick);
  const length = readFileSync(file).length;
  // Behind the first bytes of the patch, while its list of files is known already.
  const pull = (done: number): void => {
    if (done > 400_000 && readFileSync(stick).length === length) truncateSync(stick, 500_000);
  };
  const pulled = failsWith("ROUTE_TRUNCATED", /./);
  await assert.rejects(apply(stick, state, { trust }, pull), pulled);
  const abort = new AbortController();
  const stop = (done: number): void => {
    if (done > 400_000) abort.abort();
  };
  const stopped = failsWith("INTERRUPTED", /./);
  await assert.rejects(apply(file, state, { signal: abort.signal }, stop), stopped);
  renameSync(file, stick);
  const applied = await apply(stick, state);
  assert.ok(applied.read < content.length, `${applied.read}`); // what came before was used
  assert.deepEqual(await getWith(state, join(folder, "out")), Buffer.from(content));
});

test("a disk without room for it is told before anything is copied", async (t) => {
  const folder = await treeFolder(t);
  const vendor = makeVendor();
  const file = await bundleOf(t, vendor);
  const small = join(folder, "small");
  mkdirSync(small);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small]);
  if (mounted.status !== 0) return t.skip("needs the right to mount a tmpfs");
  try {
    const applied = apply(file, join(small, "state"), { trust: vendor.trust });
    await assert.rejects(applied, failsWith("HOST_FULL", /bytes more are needed/));
    const tree = join(file, "..", "tree");
    const options = { file: join(small, "a.causeway"), tree, ports: portsIn2030(), signal };
    const created = createBundle(options, undefined, quickLimits);
    await assert.rejects(created, failsWith("HOST_FULL", /the bundle needs/));
    assert.deepEqual(readdirSync(small), ["state"]);
  } finally {
    spawnSync("umount", [small]);
  }
});
