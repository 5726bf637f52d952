import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "@causeway/kernel";
import { EdgeFollower } from "../../src/edge-watch/edge-follower.ts";
import { noEdgeStats } from "../../src/edge-watch/edge-stats.ts";
import { defaultLimits } from "../../src/limits.ts";
import type { LogEntry } from "../../src/log.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** A follower of an HAProxy that has counted so many requests, or is away. */
class World {
  readonly clock = new ManualClock();
  readonly logged: LogEntry[] = [];
  readonly over = new AbortController();
  requests: number | undefined;
  readonly follower = new EdgeFollower("/run/control", defaultLimits, {
    stats: async () => {
      if (this.requests === undefined) throw new HostError("HOST_IO", "nobody is there");
      return { ...noEdgeStats, requests: this.requests };
    },
    refused: async () => "",
    clock: { wall: () => 0, sleep: (ms, signal) => this.clock.sleep(ms, signal) },
    log: (entry) => this.logged.push(entry),
  });
  readonly running = this.follower.run(this.over.signal);

  events(): readonly string[] {
    return this.logged.map(({ event }) => event);
  }
}

test("one that is away for a moment is not told of, one that stays away once, and when it is back", async () => {
  const world = new World();
  world.requests = 5;
  await world.clock.pass(1_000);
  assert.deepEqual([world.events(), world.follower.answers], [["edge-answers"], true]);
  world.requests = undefined;
  await world.clock.pass(2_000);
  assert.deepEqual([world.events(), world.follower.answers], [["edge-answers"], false]);
  world.requests = 2;
  await world.clock.pass(1_000);
  assert.deepEqual([world.events(), world.follower.answers], [["edge-answers"], true]);
  assert.equal(world.follower.stats().requests, 7);
  world.requests = undefined;
  await world.clock.pass(600_000);
  assert.deepEqual(world.events(), ["edge-answers", "edge-silent"]);
  const silent = { control: "/run/control", why: "nobody is there" };
  assert.deepEqual(world.logged[1]?.fields, silent);
  world.requests = 4;
  await world.clock.pass(1_000);
  assert.deepEqual(world.events(), ["edge-answers", "edge-silent", "edge-answers"]);
  world.over.abort();
  await world.running;
});

test("one that is not there yet is waited for", async () => {
  const world = new World();
  await world.clock.pass(10_000);
  assert.deepEqual([world.events(), world.follower.answers], [["edge-silent"], false]);
  world.over.abort();
  await world.running;
});
