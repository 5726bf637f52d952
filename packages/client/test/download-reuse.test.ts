import assert from "node:assert/strict";
import { once } from "node:events";
import { truncateSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { constants, createZstdCompress } from "node:zlib";
import { type FileHandle, HostError } from "@causeway/kernel";
import { partialNames } from "../src/download/partial-names.ts";
import { downloadLimits } from "../src/download-limits.ts";
import { parseRoute } from "../src/routes/parse-route.ts";
import type { Route } from "../src/routes/route.ts";
import { changedFile } from "./support/download-disk.ts";
import { deltaOf, programBytes, publish } from "./support/download-fixture.ts";
import { quickDownload, startWorld } from "./support/download-world.ts";
import type { FaultyRoute } from "./support/faulty-route.ts";
import { startSlowRoute } from "./support/slow-route.ts";

const old = programBytes(3_000_000, 31);
// The new version: a small change, something inserted, something moved.
const next = Buffer.concat([
  old.subarray(0, 400_000),
  programBytes(5_000, 32),
  old.subarray(400_000, 1_500_000),
  old.subarray(2_000_000),
  old.subarray(1_500_000, 2_000_000),
]);
const chunked = publish(next);
// Another one, with a change in every chunk: only a delta makes something of the old file.
const scattered = Buffer.concat([
  Uint8Array.from(old, (byte, at) => (at % 9_973 === 0 ? byte ^ 1 : byte)),
  programBytes(300_000, 33),
]);
const withDelta = publish(scattered, { olds: [old] });
const inSegments = publish(scattered, { olds: [old], segmentLength: 700_000 });

void test("chunks that an old file has are not fetched", async () => {
  await using world = await startWorld(chunked, ["honest", "honest"]);
  const have = [await world.oldFile("old", old)];
  const { downloaded, reused, plan } = await world.download({ have });
  await world.assertWhole();
  assert.equal(plan, "pack");
  assert.ok(reused > next.length * 0.8 && downloaded < next.length * 0.2, `${downloaded}`);
});

void test("the version that stands at the output's place is an old file, beside all that are named", async () => {
  await using world = await startWorld(chunked, ["honest"]);
  await fs.mkdir(world.folder, { recursive: true });
  await fs.writeFile(world.output, old);
  const other = await world.oldFile("other", programBytes(1_000, 34));
  const have = Array.from({ length: quickDownload.oldFilesMax }, () => other);
  const { reused } = await world.download({ have });
  await world.assertWhole();
  assert.ok(reused > next.length * 0.8);
});

for (const [name, patch] of [
  ["one segment", withDelta],
  ["segments", inSegments],
] as const) {
  void test(`a delta of ${name} is fetched and applied when that is the least`, async () => {
    await using world = await startWorld(patch, ["honest", "honest"]);
    const have = [await world.oldFile("other", old.subarray(9)), await world.oldFile("old", old)];
    const { downloaded, reused, plan } = await world.download({ have });
    await world.assertWhole();
    const [delta] = patch.deltas;
    assert.equal(plan, "delta");
    const { index, deltas: list } = patch.release;
    const most = [delta, delta?.index, index, list].reduce((sum, of) => sum + (of?.length ?? 0), 0);
    assert.ok(downloaded <= most + 1_000, `${downloaded} of ${most}`);
    assert.ok(reused > scattered.length * 0.85, String(reused));
  });

  void test(`a delta of ${name} is applied further after it was interrupted`, async () => {
    await using world = await startWorld(patch, ["honest"]);
    const have = [await world.oldFile("old", old)];
    const stop = new AbortController();
    const outcome = world.download({
      have,
      signal: stop.signal,
      limits: { ...quickDownload, progressMs: 0 },
      onProgress: (event) => {
        if (event.kind === "apply") stop.abort();
      },
    });
    await assert.rejects(outcome, { code: "INTERRUPTED" });
    const { downloaded } = await world.download({ have });
    await world.assertWhole();
    assert.equal(downloaded, 0, "the delta, its list and the index were here");
  });
}

void test("a delta that leads elsewhere falls back, and what it brought right is kept", async () => {
  // Signed, and made for a target that differs in its second half.
  const half = scattered.length >> 1;
  const other = Uint8Array.from(scattered, (byte, at) => (at > half && at % 997 === 0 ? 0 : byte));
  const patch = publish(scattered, { olds: [old], spoilDelta: () => deltaOf(old, other, 700_000) });
  await using world = await startWorld(patch, ["honest", "dead"]);
  const { downloaded, plan } = await world.download({ have: [await world.oldFile("old", old)] });
  await world.assertWhole();
  assert.equal(plan, "pack");
  assert.ok(world.events.some((event) => event.kind === "fallback" && event.from === "delta"));
  const packLength = patch.release.pack?.length ?? 0;
  assert.ok(downloaded < packLength * 0.9, `${downloaded} of ${packLength}`);
});

for (const [what, spoil] of [
  ["garbage", (bytes: Uint8Array) => programBytes(bytes.length, 77)],
  ["cut off in its frame", (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1)],
  [
    "with a table that lies",
    (bytes: Uint8Array) => {
      const wrong = Uint8Array.from(bytes);
      wrong.fill(0xff, wrong.length - 60, wrong.length - 20);
      return wrong;
    },
  ],
] as const) {
  void test(`a delta that is signed and ${what} falls back to the pack`, async () => {
    const patch = publish(scattered, { olds: [old], segmentLength: 700_000, spoilDelta: spoil });
    await using world = await startWorld(patch, ["honest", "honest"]);
    const { plan } = await world.download({ have: [await world.oldFile("old", old)] });
    await world.assertWhole();
    assert.equal(plan, "pack");
    const fallback = world.events.find((event) => event.kind === "fallback");
    assert.equal(fallback?.from, "delta");
    for (const route of world.routes) assert.equal(route.state, "ok");
  });
}

void test("a delta whose frame asks for a larger window than old and new falls back to the pack", async () => {
  const frames = new Map<number, Uint8Array>();
  for (const windowLog of [23, 24]) frames.set(windowLog, await streamedFrame(windowLog));
  for (const [windowLog, frame] of frames) {
    const patch = publish(scattered, { olds: [old], spoilDelta: () => frame });
    await using world = await startWorld(patch, ["honest"]);
    const { plan } = await world.download({ have: [await world.oldFile("old", old)] });
    await world.assertWhole();
    const [why] = world.events.flatMap((event) => (event.kind === "fallback" ? event.why : []));
    assert.equal(plan, windowLog === 23 ? "delta" : "pack", why);
    if (windowLog === 24) assert.match(why ?? "", /cannot be unpacked \(.*too much memory/);
  }
});

/** A delta to `scattered` that does not say how much it holds, and so needs the window it asks for. */
async function streamedFrame(windowLog: number): Promise<Uint8Array> {
  const params = {
    [constants.ZSTD_c_windowLog]: windowLog,
    [constants.ZSTD_c_compressionLevel]: 9,
  };
  const stream = createZstdCompress({ dictionary: old, params });
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  stream.write(scattered.subarray(0, 1000)); // a first part by itself keeps the length out of the head
  stream.flush(() => stream.end(scattered.subarray(1000)));
  await once(stream, "end");
  return Buffer.concat(parts);
}

void test("a machine without an old version does not fetch the list of deltas", async () => {
  const files = new Map(withDelta.files);
  const list = withDelta.release.deltas;
  assert.ok(list !== undefined && files.delete(withDelta.pathOf(list)));
  await using world = await startWorld({ ...withDelta, files }, ["honest"]);
  await world.download();
  await world.assertWhole();
  assert.ok(!world.events.some((event) => event.kind === "fallback"));
  assert.equal(world.routes[0]?.state, "ok");
});

void test("a list of deltas that is signed and garbage, or that no route has, costs only bytes", async () => {
  const garbage = publish(scattered, { olds: [old], spoilDeltaList: (bytes) => bytes.subarray(1) });
  const files = new Map(withDelta.files);
  const list = withDelta.release.deltas;
  assert.ok(list !== undefined && files.delete(withDelta.pathOf(list)));
  for (const patch of [garbage, { ...withDelta, files }]) {
    await using world = await startWorld(patch, ["honest", "honest"]);
    const { plan } = await world.download({ have: [await world.oldFile("old", old)] });
    await world.assertWhole();
    assert.equal(plan, "pack");
    const fallback = world.events.find((event) => event.kind === "fallback");
    assert.equal(fallback?.from, "delta");
  }
});

void test("a delta that no route has falls back to the pack", async () => {
  const files = new Map(withDelta.files);
  const [delta] = withDelta.deltas;
  if (delta !== undefined) files.delete(withDelta.pathOf(delta));
  await using world = await startWorld({ ...withDelta, files }, ["honest", "honest"]);
  const { plan } = await world.download({ have: [await world.oldFile("old", old)] });
  await world.assertWhole();
  assert.equal(plan, "pack");
});

for (const what of ["list of deltas", "delta's chunk index"] as const) {
  void test(`a ${what} of which no route says anything is asked for once, and then done without`, async () => {
    const artifact =
      what === "list of deltas" ? withDelta.release.deltas : withDelta.deltas[0]?.index;
    assert.ok(artifact !== undefined);
    await using world = await startWorld(withDelta, ["honest", "honest"]);
    const file = withDelta.pathOf(artifact);
    for (const server of world.servers) server.silentOn = file;
    const have = [await world.oldFile("old", old)];
    // As it is for users: near routes are known, so that this takes a second and a half.
    const { plan } = await world.download({
      have,
      limits: { ...quickDownload, delta: downloadLimits.delta },
    });
    await world.assertWhole();
    assert.equal(plan, "pack");
    assert.ok(world.events.some((event) => event.kind === "fallback" && event.from === "delta"));
    for (const { requests } of world.servers) {
      assert.equal(requests.filter((request) => request === `GET /${file}`).length, 1);
    }
  });
}

for (const what of ["delta", "pack"] as const) {
  void test(`a ${what} of which no route says anything leaves what is next best`, async () => {
    const artifact = what === "delta" ? withDelta.deltas[0] : withDelta.release.pack;
    assert.ok(artifact !== undefined);
    await using world = await startWorld(withDelta, ["honest", "honest"]);
    for (const server of world.servers) server.silentOn = withDelta.pathOf(artifact);
    const have = what === "delta" ? [await world.oldFile("old", old)] : [];
    const { plan } = await world.download({ have });
    await world.assertWhole();
    assert.equal(plan, "pack", "in so far as that can be had");
  });
}

/** What a route does about the delta, that has all else. */
const lacking: Record<string, (server: FaultyRoute, route: Route, delta: string) => void> = {
  "says 404 to it": () => undefined,
  "says 403 to it": (server) => {
    server.behaviour = "honest-403";
  },
  "says 503 to it": (server, _, delta) => {
    server.leads = (file) => {
      server.behaviour = file === delta ? "refuses-503" : "honest";
      return undefined;
    };
  },
  "says nothing to it": (server, _, delta) => {
    server.silentOn = delta;
  },
  "has brought some of it": (server, _, delta) => {
    let times = 0;
    server.leads = (file) => {
      server.behaviour = file === delta && times++ === 0 ? "cuts" : "honest";
      return undefined;
    };
    server.files = {
      get: (file) => (file === delta && times > 1 ? undefined : withDelta.files.get(file)),
    };
  },
  "was of no use in earlier runs": (_, route) => {
    const rest = { sleepUntil: 1e12, restUntil: Number.NEGATIVE_INFINITY, ticket: undefined };
    route.recall({ failures: 3, bytesPerSecond: 1e6, latencyMs: 10, ...rest });
  },
};

for (const [what, lack] of Object.entries(lacking)) {
  void test(`a route that drips a delta does not hold up one that ${what}`, async () => {
    const [delta] = withDelta.deltas;
    assert.ok(delta !== undefined);
    const lacked = withDelta.pathOf(delta);
    await using world = await startWorld(withDelta, ["honest"]);
    const [server] = world.servers;
    assert.ok(server);
    server.files = { get: (file) => (file === lacked ? undefined : withDelta.files.get(file)) };
    await using dripping = await startSlowRoute(withDelta.files, 20_000);
    const routes = [server.url, dripping.url].map(parseRoute);
    const [route] = routes;
    assert.ok(route);
    lack(server, route, lacked);
    const limits = {
      ...quickDownload,
      deltaPatience: { lookMs: 800, restMsMax: 1_000 },
      probeMs: { base: 200, max: 2_000 },
    };
    const have = [await world.oldFile("old", old)];
    const { plan } = await world.download({ have, routes, limits });
    await world.assertWhole();
    assert.equal(plan, "pack");
    assert.ok(dripping.sent < delta.length / 2, `${dripping.sent} bytes were dripped`);
  });
}

void test("a list of deltas that drips is done without", async () => {
  await using world = await startWorld(withDelta, ["honest"]);
  const list = withDelta.release.deltas;
  assert.ok(list !== undefined);
  const lacked = withDelta.pathOf(list);
  const [server] = world.servers;
  assert.ok(server);
  server.files = { get: (file) => (file === lacked ? undefined : withDelta.files.get(file)) };
  await using dripping = await startSlowRoute(withDelta.files, 100);
  const routes = [server.url, dripping.url].map(parseRoute);
  const exchange = { ...quickDownload.exchange, rateWindowMs: 60_000 };
  const delta = { ...quickDownload.delta, exchange, msMax: 500 };
  const have = [await world.oldFile("old", old)];
  await world.download({ have, routes, limits: { ...quickDownload, delta } });
  await world.assertWhole();
  assert.ok(world.events.some((event) => "why" in event && /within 0.5 s$/.test(event.why ?? "")));
});

void test("a delta that comes slowly is waited for when nobody is quicker without it", async () => {
  await using world = await startWorld(withDelta, []);
  await using slow = await startSlowRoute(withDelta.files, 100_000);
  const { exchange, delta } = downloadLimits; // a busy machine may stall for longer than quick ones
  const deltaPatience = { lookMs: 20, restMsMax: 1 };
  const limits = { ...quickDownload, exchange, delta, deltaPatience };
  const have = [await world.oldFile("old", old)];
  const { plan } = await world.download({ have, routes: [parseRoute(slow.url)], limits });
  await world.assertWhole();
  assert.equal(plan, "delta");
});

/** An old file that turns bad after so many reads. */
function failing(handle: FileHandle, reads: number, fail: (into: Uint8Array) => void): FileHandle {
  let count = 0;
  return changedFile(handle, {
    async readAt(into, position) {
      const read = await handle.readAt(into, position);
      if (++count > reads) fail(into);
      return read;
    },
  });
}

for (const patch of [chunked, withDelta]) {
  for (const reads of [0, 2, 4, 20]) {
    void test(`an old file that breaks after ${reads} reads only costs bytes`, async () => {
      for (const fail of [
        () => {
          throw new HostError("HOST_IO", "the old disk gives up");
        },
        (into: Uint8Array) => void into.fill(7),
      ]) {
        await using world = await startWorld(patch, ["honest"]);
        const file = await world.oldFile("old", old);
        const handle = failing(file.handle, reads, fail);
        await world.download({ have: [{ handle, length: file.length }] });
        await world.assertWhole();
      }
    });
  }
}

void test("an old file that became shorter only costs bytes", async () => {
  await using world = await startWorld(withDelta, ["honest"]);
  const file = await world.oldFile("old", old.subarray(0, 1_000_000));
  await world.download({ have: [{ handle: file.handle, length: old.length }] });
  await world.assertWhole();
});

for (const [what, patch] of [
  ["chunks", chunked],
  ["a delta", withDelta],
] as const) {
  for (const when of ["search", "plan"] as const) {
    void test(`an old file that is cut short after the ${when}, for ${what}, only costs bytes`, async () => {
      await using world = await startWorld(patch, ["honest"]);
      const have = [await world.oldFile("old", old)];
      const events: string[] = [];
      await world.download({
        have,
        limits: { ...quickDownload, progressMs: 0 },
        onProgress: ({ kind }) => {
          if (kind === when && !events.includes(when)) {
            truncateSync(path.join(world.folder, "..", "old"), 100_000);
          }
          events.push(kind);
        },
      });
      assert.ok(events.includes(when));
      await world.assertWhole();
    });
  }
}

void test("old files that are empty only cost a look", async () => {
  await using world = await startWorld(withDelta, ["honest"]);
  await fs.mkdir(world.folder, { recursive: true });
  await fs.writeFile(world.output, "");
  await world.download({ have: [await world.oldFile("old", new Uint8Array())] });
  await world.assertWhole();
});

void test("a delta's part is cleared away with the rest", async () => {
  await using world = await startWorld(withDelta, ["honest"]);
  await world.download({ have: [await world.oldFile("old", old)] });
  const [delta] = withDelta.deltas;
  assert.ok(delta !== undefined);
  const { part } = partialNames("app", delta.sha256);
  await assert.rejects(fs.stat(path.join(world.folder, part)));
  await world.assertWhole();
});
