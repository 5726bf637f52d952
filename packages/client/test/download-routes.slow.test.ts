import assert from "node:assert/strict";
import { test } from "node:test";
import { type CausewayError, NoRouteDelivered, RouteError } from "@causeway/kernel";
import type { RouteHealth } from "../src/routes/route-fault.ts";
import { programBytes, publish } from "./support/download-fixture.ts";
import { quickDownload, startWorld, type World } from "./support/download-world.ts";
import { type Behaviour, type Fault, faults } from "./support/faulty-route.ts";

const patch = publish(programBytes(2_000_000, 11));
const requestsMax = 40; // to one bad route; a busy loop makes thousands

// What each fault is called when it was met; a route that is passed over too soon may stay "ok".
const states: Record<Exclude<Fault, "ignores-ranges">, RouteHealth> = {
  dead: "dead",
  resets: "dead",
  "refuses-403": "dead",
  "misses-404": "dead",
  "busy-429": "dead",
  "busy-503": "dead",
  "hangs-before-headers": "dead",
  "hangs-in-body": "slow",
  drips: "slow",
  "redirects-away": "dead",
  "redirects-on-and-on": "dead",
  lies: "lying",
  truncates: "dead",
  endless: "lying",
  "login-page": "lying",
  gzips: "lying",
  multipart: "lying",
  "wrong-range": "lying",
  "no-http": "dead",
};

const bad = faults.filter((fault) => fault !== "ignores-ranges");

/** The routes are honest until the index is here, and then what they are. */
async function downloadWhile(
  world: World,
  behaviours: readonly Behaviour[],
  limits = quickDownload,
): Promise<void> {
  await world.download({
    limits,
    onProgress: (event) => {
      if (event.kind !== "plan") return;
      for (const [index, server] of world.servers.entries()) {
        server.behaviour = behaviours[index] ?? "honest";
        if (server.behaviour === "dead") void server.close();
      }
    },
  });
}

// One try more than the one that shows the fault: deadlines add up.
const impatient = { ...quickDownload, failuresMax: 2 };
const honest: readonly Behaviour[] = ["honest", "honest", "honest", "honest"];

for (const [at, fault] of bad.entries()) {
  const mixed: Behaviour[] = [fault, fault, fault];
  mixed.splice(at % 4, 0, "honest");

  void test(`three routes are like "${fault}", and the one honest route delivers`, async () => {
    for (const late of [false, true]) {
      await using world = await startWorld(patch, late ? honest : mixed);
      if (late) await downloadWhile(world, mixed);
      else await world.download();
      await world.assertWhole();
      for (const [index, route] of world.routes.entries()) {
        const requests = world.servers[index]?.requests.length ?? 0;
        assert.ok(index === at % 4 || requests <= requestsMax, `${requests} requests`);
        if (index === at % 4) assert.equal(route.state, "ok");
        else assert.ok(["ok", "slow", states[fault]].includes(route.state), route.state);
      }
    }
  });

  void test(`every route is like "${fault}", and the error says so of each`, async () => {
    for (const late of [false, true]) {
      await using world = await startWorld(patch, late ? ["honest", "honest"] : [fault, fault]);
      const outcome = late
        ? downloadWhile(world, [fault, fault], impatient)
        : world.download({ limits: impatient });
      await assert.rejects(outcome, (error: CausewayError) => {
        assert.ok(error instanceof NoRouteDelivered, String(error));
        assert.equal(error.attempts.length, 2);
        for (const attempt of error.attempts) assert.ok(attempt.error instanceof RouteError);
        return true;
      });
      for (const { requests } of world.servers) {
        assert.ok(requests.length <= requestsMax, `${requests.length} requests`);
      }
      for (const { state } of world.routes) {
        assert.ok(state === states[fault] || (late && state === "slow"), state);
      }
    }
  });
}

void test("routes that ask to be left alone for long are, from the first refusal on", async () => {
  for (const late of [false, true]) {
    const behaviours: Behaviour[] = ["busy-429", "busy-503"];
    await using world = await startWorld(patch, late ? ["honest", "honest"] : behaviours);
    const outcome = late ? downloadWhile(world, behaviours) : world.download();
    await assert.rejects(outcome, { code: "ROUTE_ALL_FAILED" });
    const all = world.servers.flatMap(({ requests }) => requests);
    // The index was asked of one of them before, or of both.
    const asked = late ? all.filter((request) => !request.endsWith(".chunks")) : all;
    assert.ok(asked.length <= 2, all.join());
  }
});

void test("routes that send only whole files are enough", async () => {
  await using world = await startWorld(patch, ["ignores-ranges", "dead"]);
  await world.download();
  await world.assertWhole();
});

void test("a liar's good chunks stay, and it is asked no more", async () => {
  await using world = await startWorld(patch, ["lies", "honest"]);
  const result = await world.download();
  await world.assertWhole();
  const [liar] = world.routes;
  assert.equal(liar?.error?.code, "ROUTE_LIED");
  assert.ok((world.servers[0]?.requests.length ?? 9) <= 2, "the index, and one run");
  const packLength = patch.release.pack?.length ?? 0;
  assert.ok(result.downloaded < packLength + 400_000, `${result.downloaded} of ${packLength}`);
});

/** Does `act` once, when about half of the target is here. */
async function downloadWith(world: World, act: () => void): Promise<void> {
  let done = false;
  await world.download({
    limits: {
      ...quickDownload,
      progressMs: 0,
      firstRunLength: 64 * 1024,
      runLengthMax: 128 * 1024,
    },
    onProgress: (event) => {
      if (done || event.kind !== "progress" || event.done < event.total / 2) return;
      done = true;
      act();
    },
  });
  assert.ok(done);
  await world.assertWhole();
}

void test("three of four routes die half way, and the fourth brings the rest", async () => {
  await using world = await startWorld(patch, ["honest", "honest", "honest", "honest"]);
  await downloadWith(world, () => {
    for (const server of world.servers.slice(0, 3)) void server.close();
  });
  assert.equal(world.routes[3]?.state, "ok");
});

for (const fault of ["hangs-before-headers", "hangs-in-body", "busy-503", "lies"] as const) {
  void test(`a route that becomes like "${fault}" half way costs little`, async () => {
    await using world = await startWorld(patch, ["honest", "honest"]);
    await downloadWith(world, () => {
      const [server] = world.servers;
      if (server !== undefined) server.behaviour = fault;
    });
  });
}

for (const fault of ["resets", "refuses-403"] as const) {
  void test(`the only route is like "${fault}" for a moment, and asked again`, async () => {
    await using world = await startWorld(patch, ["honest"]);
    await downloadWith(world, () => {
      const [server] = world.servers;
      if (server === undefined) return;
      server.behaviour = fault;
      setTimeout(() => {
        server.behaviour = "honest";
      }, 60);
    });
  });
}

void test("a route that only lacks the pack still brings the raw file's chunks", async () => {
  await using world = await startWorld(patch, ["honest", "misses-404"]);
  const [server] = world.servers;
  if (server !== undefined && patch.release.pack !== undefined) {
    server.files = new Map(patch.files);
    (server.files as Map<string, Uint8Array>).delete(patch.pathOf(patch.release.pack));
  }
  await world.download();
  await world.assertWhole();
  assert.equal(world.routes[0]?.state, "ok");
});

void test("a pack that is broken as published falls back to the raw file", async () => {
  const broken = publish(programBytes(900_000, 5), { spoilPack: true });
  await using world = await startWorld(broken, ["honest", "honest", "dead"]);
  await world.download();
  await world.assertWhole();
  assert.ok(world.events.some((event) => event.kind === "fallback" && event.from === "pack"));
});

void test("frames that expand without end are a lie, whatever they say of themselves", async () => {
  const { zstdCompressSync } = await import("node:zlib");
  const bomb = zstdCompressSync(new Uint8Array(64 * 1024 * 1024));
  const swollen = publish(programBytes(300_000, 3));
  const { pack } = swollen.release;
  assert.ok(pack !== undefined);
  const content = new Uint8Array(pack.length);
  content.set(bomb.subarray(0, content.length));
  const files = new Map(swollen.files).set(swollen.pathOf(pack), content);
  await using world = await startWorld(swollen, ["honest", "honest"]);
  const [server] = world.servers;
  if (server !== undefined) server.files = files;
  await world.download();
  await world.assertWhole();
  assert.equal(world.routes[0]?.error?.code, "ROUTE_LIED");
});

void test("a request in flight is cancelled when a faster route was first", async () => {
  await using world = await startWorld(patch, ["hangs-in-body", "honest"]);
  const start = performance.now();
  await world.download();
  assert.ok(performance.now() - start < 1_500);
  await world.assertWhole();
});
