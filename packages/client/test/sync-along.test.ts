import assert from "node:assert/strict";
import { test } from "node:test";
import { SyncAlong } from "../src/download/sync-along.ts";
import { nodePorts } from "../src/node/index.ts";

const { clock } = nodePorts();

/** At most 100 bytes, or 1 s, unsynced. */
class Disk {
  /** Syncs that began. */
  count = 0;
  now = 0;
  #ending = Promise.withResolvers<void>();
  readonly along = new SyncAlong(
    { clock: { ...clock, steady: () => this.now }, bytesMax: 100, msMax: 1_000 },
    () => {
      this.count++;
      this.#ending = Promise.withResolvers();
      return this.#ending.promise;
    },
  );

  /** Ends the sync that is under way. */
  async end(failure?: Error): Promise<void> {
    if (failure === undefined) this.#ending.resolve();
    else this.#ending.reject(failure);
    await clock.sleep(0);
  }
}

async function isDone(work: Promise<void>): Promise<boolean> {
  return await Promise.race([work.then(() => true), clock.sleep(20).then(() => false)]);
}

test("a sync begins after a quarter of the bytes, or so long after the last one ended", async () => {
  const one = new Disk();
  await one.along.wrote(24);
  assert.equal(one.count, 0);
  await one.along.wrote(1);
  assert.equal(one.count, 1);
  one.now = 5_000;
  await one.end();
  one.now = 5_999;
  await one.along.wrote(1);
  assert.equal(one.count, 1);
  one.now = 6_000;
  await one.along.wrote(1);
  assert.equal(one.count, 2);
  await one.end();
});

test("writers go on while a sync is under way, and wait when as much as may be is unsynced", async () => {
  const one = new Disk();
  await one.along.wrote(30);
  await one.along.wrote(69);
  const held = [one.along.wrote(1), one.along.wrote(1)];
  assert.deepEqual(await Promise.all(held.map(isDone)), [false, false]);
  await Promise.all([one.end(), ...held]);
  assert.equal(one.count, 2, "what came meanwhile is over a quarter again");
  await one.along.wrote(28);
  const last = one.along.wrote(1);
  assert.equal(await isDone(last), false);
  await Promise.all([one.end(), last]);
});

test("what a sync threw is told to whoever writes next, and to who waits for all", async () => {
  const one = new Disk();
  await one.along.wrote(60);
  await one.end(new Error("lost"));
  await assert.rejects(one.along.wrote(1), /lost/);
  await assert.rejects(one.along.settle(), /lost/);
});
