import assert from "node:assert/strict";
import { test } from "node:test";
import type { DownloadRequest } from "../src/download/download-request.ts";
import type { DownloadLimits } from "../src/download-limits.ts";
import { parseRoute } from "../src/routes/parse-route.ts";
import { programBytes, publish } from "./support/download-fixture.ts";
import { quickDownload, startWorld, type World } from "./support/download-world.ts";
import { startSlowRoute } from "./support/slow-route.ts";

const length = 1_000_000;
const patch = publish(programBytes(length, 41));
const unpacked = publish(programBytes(length, 41), { pack: false });

/** The first route says 404 from its plan on, so many times. */
async function downloadWhileMissing(
  world: World,
  times: number,
  options: Partial<DownloadRequest> & { limits?: DownloadLimits } = {},
): Promise<void> {
  const [server] = world.servers;
  assert.ok(server);
  await world.download({
    ...options,
    onProgress: (event) => {
      if (event.kind !== "plan") return;
      const before = server.requests.length;
      server.files = {
        get: (path) => {
          return server.requests.length > before + times ? world.patch.files.get(path) : undefined;
        },
      };
    },
  });
}

/** Requests to the first route for the patch itself. */
function askedForRaw({ servers }: World): number {
  return servers[0]?.requests.filter((request) => request.endsWith(".app")).length ?? 0;
}

for (const [times, what, published] of [
  [1, "the raw file", unpacked],
  [3, "the pack and the raw file", patch],
] as const) {
  void test(`the only route says 404 of ${what} for a moment, and is asked again`, async () => {
    await using world = await startWorld(published, ["honest"]);
    await downloadWhileMissing(world, times);
    await world.assertWhole();
    assert.equal(world.routes[0]?.state, "ok");
  });
}

void test("a route that lacks the file is soon left alone beside one that delivers", async () => {
  await using world = await startWorld(patch, ["honest"]);
  await using other = await startSlowRoute(patch.files, 500_000);
  const [lacking] = world.servers;
  const routes = [lacking?.url ?? "", other.url].map(parseRoute);
  const limits = { ...quickDownload, failuresMax: 20, placeMs: 1_000 };
  await downloadWhileMissing(world, Infinity, { routes, limits });
  await world.assertWhole();
  assert.ok(askedForRaw(world) <= limits.failuresInCompany, `${askedForRaw(world)} times`);
});

for (const how of ["404", "403", "silence", "a redirect"] as const) {
  void test(`a route that drips the pack does not hold up one that answers ${how} to it`, async () => {
    const { pack } = patch.release;
    assert.ok(pack !== undefined);
    const lacked = patch.pathOf(pack);
    await using world = await startWorld(patch, [how === "403" ? "honest-403" : "honest"]);
    await using dripping = await startSlowRoute(patch.files, 20_000);
    const [server] = world.servers;
    assert.ok(server);
    if (how === "silence") server.silentOn = lacked;
    if (how === "a redirect") {
      server.leads = (file) => (file === lacked ? "http://127.0.0.1:9/" : undefined);
    }
    server.files = { get: (file) => (file === lacked ? undefined : patch.files.get(file)) };
    await world.download({ routes: [server.url, dripping.url].map(parseRoute) });
    await world.assertWhole();
    assert.ok(dripping.sent < pack.length / 2, `${dripping.sent} bytes were dripped`);
  });
}

void test("the only route lacks the file: it is asked a few times, and named", async () => {
  await using world = await startWorld(patch, ["honest"]);
  await assert.rejects(downloadWhileMissing(world, Infinity), { code: "ROUTE_ALL_FAILED" });
  assert.equal(world.routes[0]?.error?.code, "ROUTE_MISSING");
  // Once without the pack, which might have been at fault.
  assert.equal(askedForRaw(world), quickDownload.failuresMax * 2);
});

void test("a route that says 404 of its pack once is asked for it again, and not for all of the raw file", async () => {
  const many = publish(programBytes(2 * length, 41));
  let packs = 0;
  let raws = 0;
  const get = (path: string): Uint8Array | undefined => {
    if (path.endsWith(".app")) raws++;
    const isHidden = path.endsWith(".pack.zst") && packs++ === 0;
    return isHidden ? undefined : many.files.get(path);
  };
  await using world = await startWorld(many, ["honest"]);
  await using slow = await startSlowRoute({ get }, 1_000_000);
  const limits = { ...quickDownload, probeMs: { base: 200, max: 200 }, firstRunLength: 65_536 };
  await world.download({ routes: [parseRoute(slow.url)], limits });
  await world.assertWhole();
  assert.ok(raws > 0, "it was not kept waiting");
  assert.ok(packs > 2, `${packs} requests for the pack`);
});
