import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "@causeway/kernel";
import type { LogEntry } from "../../src/log.ts";
import { type EdgeProcess, EdgeSupervisor } from "../../src/own-edge/edge-supervisor.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** An engine that lives until the test, or its supervisor, ends it. */
class FakeEngine implements EdgeProcess {
  readonly #ended = Promise.withResolvers<string>();
  readonly ended = this.#ended.promise;
  silent = false;

  async answers(): Promise<boolean> {
    return !this.silent;
  }

  kill(): void {
    this.die("SIGKILL");
  }

  /** Until then it finishes what is under way. */
  finishing: Promise<void> = Promise.resolve();

  async stop(): Promise<void> {
    this.silent = true;
    await this.finishing;
    this.die("stopped");
  }

  die(how: string): void {
    this.#ended.resolve(how);
  }
}

class World {
  readonly clock = new ManualClock();
  readonly engines: FakeEngine[] = [];
  readonly changes: boolean[] = [];
  readonly logged: LogEntry[] = [];
  refuses = false;
  readonly supervisor = new EdgeSupervisor({
    clock: this.clock,
    log: (entry) => this.logged.push(entry),
    onChange: (inFront) => this.changes.push(inFront),
    start: async () => {
      if (this.refuses) throw new HostError("HOST_IO", "it does not start");
      const engine = new FakeEngine();
      this.engines.push(engine);
      return engine;
    },
  });

  get newest(): FakeEngine | undefined {
    return this.engines.at(-1);
  }

  /** The newest engine dies, and `ms` pass. */
  async death(ms: number): Promise<void> {
    this.newest?.die("SIGSEGV");
    await this.clock.pass(ms);
  }

  events(): string[] {
    return this.logged.map(({ event }) => event);
  }
}

test("an engine that dies is started again, and told of", async () => {
  const world = new World();
  await world.supervisor.start();
  assert.deepEqual(world.supervisor.state(), { inFront: true, restarts: 0 });
  await world.death(99);
  assert.deepEqual(world.supervisor.state(), { inFront: false, restarts: 0 });
  await world.clock.pass(1);
  assert.deepEqual(world.supervisor.state(), { inFront: true, restarts: 1 });
  assert.deepEqual(world.changes, [true, false, true]);
  assert.deepEqual(world.logged[0]?.fields["how"], "SIGSEGV");
  await world.supervisor.stop(0);
  assert.deepEqual(world.supervisor.state(), { inFront: false, restarts: 1 });
});

test("one that dies again and again is given up loudly, and tried again after ten minutes", async () => {
  const world = new World();
  await world.supervisor.start();
  for (let death = 0; death < 5; death++) await world.death(1_000);
  assert.deepEqual(world.events(), [
    "edge-died",
    "edge-died",
    "edge-died",
    "edge-died",
    "edge-given-up",
  ]);
  assert.equal(world.supervisor.state().inFront, false);
  await world.clock.pass(598_000);
  assert.equal(world.engines.length, 5);
  await world.clock.pass(2_000);
  assert.equal(world.engines.length, 6);
  assert.equal(world.supervisor.state().inFront, true);
  await world.supervisor.stop(0);
});

test("a start that fails later counts as a death; one that fails at first is the caller's", async () => {
  const world = new World();
  world.refuses = true;
  await assert.rejects(world.supervisor.start(), { code: "HOST_IO" });
  world.refuses = false;
  await world.supervisor.start();
  world.refuses = true;
  await world.death(10_000);
  assert.equal(world.events().at(-1), "edge-given-up");
  assert.equal(world.logged.at(-1)?.fields["how"], "it does not start");
  world.refuses = false;
  await world.clock.pass(600_000);
  assert.equal(world.supervisor.state().inFront, true);
  await world.supervisor.stop(0);
});

test("one that lives and answers no more is ended, and started again", async () => {
  const world = new World();
  await world.supervisor.start();
  await world.clock.pass(60_000);
  assert.equal(world.engines.length, 1);
  const [engine] = world.engines;
  if (engine !== undefined) engine.silent = true;
  await world.clock.pass(2_000);
  assert.equal(world.engines.length, 1);
  await world.clock.pass(1_100);
  assert.equal(world.engines.length, 2);
  assert.deepEqual(world.events(), ["edge-silent", "edge-died"]);
  await world.supervisor.stop(0);
});

test("stopping ends the engine, starts none again, and puts nobody else in front", async () => {
  const world = new World();
  await world.supervisor.start();
  await world.supervisor.stop(0);
  await world.clock.pass(3_600_000);
  assert.deepEqual([world.engines.length, world.changes], [1, [true]]);

  const resting = new World();
  await resting.supervisor.start();
  await resting.death(50);
  await resting.supervisor.stop(0);
  await resting.clock.pass(3_600_000);
  assert.deepEqual([resting.engines.length, resting.changes], [1, [true, false]]);
});

test("one that finishes what is under way is not taken for one that hangs", async () => {
  const world = new World();
  await world.supervisor.start();
  const finished = Promise.withResolvers<void>();
  const [engine] = world.engines;
  if (engine !== undefined) engine.finishing = finished.promise;
  const stopped = world.supervisor.stop(60_000);
  await world.clock.pass(30_000);
  finished.resolve();
  await stopped;
  assert.equal(await engine?.ended, "stopped");
  assert.deepEqual(world.events(), []);
});

test("one that was asked to be renewed starts anew", async () => {
  const world = new World();
  await world.supervisor.start();
  world.supervisor.renew();
  await world.clock.pass(100);
  assert.equal(world.engines.length, 2);
  await world.supervisor.stop(0);
});
