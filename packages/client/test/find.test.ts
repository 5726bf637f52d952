import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  type Catalogue,
  NoRouteDelivered,
  type Platform,
  type TargetPath,
  TrustError,
  UsageError,
  type Version,
} from "@causeway/kernel";
import { chooseRelease, type Found, findRelease, type Wish } from "../src/metadata/find.ts";
import { refreshState } from "../src/metadata/refresh.ts";
import type { Behaviour } from "./support/faulty-route.ts";
import { noise, portsIn2030, product, startRoutes, startRun, Vendor } from "./support/field.ts";
import { MemoryStore } from "./support/memory-store.ts";

const ports = portsIn2030();
after(() => ports.transport.close());

const linux = "linux-x64" as Platform;
const windows = "win32-x64" as Platform;

function catalogueOf(...releases: readonly (readonly [string, string])[]): Catalogue {
  return {
    product,
    releases: releases.map(([version, platform]) => ({
      version: version as Version,
      platform: platform as Platform,
      severity: "high",
      releasedAt: "2003-07-16T00:00:00Z",
      target: `patches/${product}/${version}/${platform}/x` as TargetPath,
      length: 1,
    })),
  };
}

function choose(catalogue: Catalogue, platform: Platform, version?: string): string {
  const wish: Wish = { product, platform, ...(version && { version: version as Version }) };
  const entry = chooseRelease(catalogue, wish);
  return `${entry.version} ${entry.platform}`;
}

test("without a version it is the newest that the platform can run", () => {
  const catalogue = catalogueOf(
    ["1.9", "linux-x64"],
    ["1.10", "linux-x64"],
    ["1.10", "any"],
    ["2.0-rc.1", "any"],
    ["3.0", "win32-x64"],
  );
  assert.equal(choose(catalogue, linux), "2.0-rc.1 any");
  assert.equal(choose(catalogue, windows), "3.0 win32-x64");
  assert.equal(choose(catalogue, linux, "1.10"), "1.10 linux-x64");
  assert.equal(choose(catalogue, windows, "1.10"), "1.10 any");
  assert.equal(choose(catalogue, linux, "1.9.0"), "1.9 linux-x64");
});

test("what there is not is answered with what there is", () => {
  const catalogue = catalogueOf(["1.9", "linux-x64"], ["1.10", "linux-x64"]);
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => choose(catalogue, windows), /"reader" has nothing for win32-x64; it has linux-x64\./],
    [() => choose(catalogue, linux, "1.8"), /has no 1\.8 for linux-x64; it has 1\.10, 1\.9\./],
    [() => choose(catalogueOf(), linux), /no releases yet/],
  ];
  for (const [act, message] of cases) {
    assert.throws(act, (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.code, "USAGE_UNKNOWN_PRODUCT");
      assert.match(error.message, message);
      return true;
    });
  }
});

async function findOver(
  vendor: Vendor,
  behaviours: readonly Behaviour[],
  wish: Partial<Wish> = {},
): Promise<Found & { readonly states: readonly string[] }> {
  await using fleet = await startRoutes(
    behaviours.map(() => "honest"),
    vendor.files(),
  );
  const run = await startRun(ports, new MemoryStore(), vendor.trust, fleet.urls);
  await refreshState(run);
  for (const [at, server] of fleet.servers.entries()) server.behaviour = behaviours[at] ?? "dead";
  const found = await findRelease(run, { product, platform: linux, ...wish });
  return { ...found, states: run.routes.all.map((route) => route.state) };
}

const vendor = new Vendor();
vendor.release("1.0", noise(1_000, 1));
vendor.release("1.1", noise(1_000, 2), "linux-x64");

test("a release is found with all that is signed about it", async () => {
  const { release, target } = await findOver(vendor, ["honest"]);
  assert.equal(release.version, "1.1");
  assert.equal(target.path, `patches/${product}/1.1/linux-x64/reader.bin`);
  const older = await findOver(vendor, ["honest"], { platform: windows });
  assert.equal(older.release.version, "1.0");
});

test("routes that turn bad between the check and the search are passed over", async () => {
  const { states } = await findOver(vendor, [
    "lies",
    "hangs-before-headers",
    "login-page",
    "honest",
  ]);
  assert.deepEqual(states, ["lying", "ok", "lying", "ok"]);
  await assert.rejects(findOver(vendor, ["lies", "busy-503"]), (error: unknown) => {
    assert.ok(error instanceof NoRouteDelivered);
    assert.equal(error.attempts.length, 2);
    return true;
  });
});

test("a route that lies only about targets is found out as well", async () => {
  await using fleet = await startRoutes(["honest", "honest"], vendor.files());
  const run = await startRun(ports, new MemoryStore(), vendor.trust, fleet.urls);
  const [liar] = fleet.servers;
  assert.ok(liar);
  const files = liar.files;
  liar.files = {
    get(path) {
      const bytes = files.get(path);
      return path.startsWith("targets/") ? bytes?.with(9, 0) : bytes;
    },
  };
  await refreshState(run);
  await findRelease(run, { product, platform: linux });
  assert.deepEqual(
    run.routes.all.map((route) => [route.state, route.error?.code]),
    [
      ["lying", "TRUST_MISMATCH"],
      ["ok", undefined],
    ],
  );
});

test("who was slower is let go", async () => {
  await using fleet = await startRoutes(["honest", "honest"], vendor.files());
  const run = await startRun(ports, new MemoryStore(), vendor.trust, fleet.urls);
  await refreshState(run);
  const [hanging] = fleet.servers;
  assert.ok(hanging);
  hanging.behaviour = "hangs-before-headers";
  await findRelease(run, { product, platform: linux });
  await ports.clock.sleep(30);
  assert.equal(hanging.sockets.size, 0);
});

test("an unknown product is a wrong argument, not a broken repository", async () => {
  const wish = { product: "raeder" as typeof product };
  await assert.rejects(
    findOver(vendor, ["honest"], wish),
    /no product "raeder"; check the spelling/,
  );
});

test("signed files that contradict each other are the publisher's fault", async () => {
  const broken = new Vendor();
  broken.release("1.0", noise(1_000, 1));
  const { targets } = broken.repository.role("patches");
  const path = `patches/${product}/1.0/any/reader.bin`;
  const target = targets[path];
  assert.ok(target);
  delete targets[path];
  broken.publish();
  await assert.rejects(findOver(broken, ["honest"]), hasCode("TRUST_UNDELEGATED"));
  targets[path] = { length: target.length, hashes: target.hashes };
  broken.publish();
  await assert.rejects(findOver(broken, ["honest"]), hasCode("TRUST_MIXED"));
});

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TrustError, String(error));
    assert.equal(error.code, code);
    return true;
  };
}
