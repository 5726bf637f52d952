import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, NameError, UsageError } from "@causeway/kernel";
import {
  type Runbook,
  RunbookLog,
  type RunNews,
  type RunPorts,
  runRunbook,
} from "../../src/index.ts";
import { folderFor } from "../support/knot.ts";
import { attack, hour, runbookOf } from "../support/runbook.ts";

interface Scene extends RunPorts {
  /** Steps in the order in which they were done. */
  readonly acts: string[];
  readonly news: RunNews[];
  readonly clock: Clock & { jump(ms: number): void };
}

/** A run on a clock that moves as it sleeps. `act` is asked before each step. */
function sceneOf(
  t: test.TestContext,
  runbook: Runbook | (() => Runbook),
  act: (step: string) => void = () => undefined,
): Scene {
  const acts: string[] = [];
  const news: RunNews[] = [];
  return {
    acts,
    news,
    clock: clockAt(attack - hour),
    log: new RunbookLog(folderFor(t), "test"),
    who: "me@here",
    signal: new AbortController().signal,
    load: () => Promise.resolve().then(() => (typeof runbook === "function" ? runbook() : runbook)),
    measure: () => Promise.resolve(new Map()),
    act: ({ id }) => {
      return Promise.resolve().then(() => {
        act(id);
        acts.push(id);
        return { before: null, after: { id }, told: [] };
      });
    },
    tell: (each) => void news.push(each),
  };
}

function clockAt(start: number): Scene["clock"] {
  let steady = 0;
  let offset = start;
  return {
    wall: () => offset + steady,
    steady: () => steady,
    sleep: (ms) => {
      steady += ms;
      return Promise.resolve();
    },
    jump: (ms) => {
      offset += ms;
    },
  };
}

const whole = { isOnce: false, isDry: false };
const once = { isOnce: true, isDry: false };

test("steps are done when their time comes, in order, and once however often it is run", async (t) => {
  const scene = sceneOf(
    t,
    runbookOf([{ id: "c", after: ["b"] }, { id: "a", at: "T-30m" }, { id: "b" }]),
  );
  assert.deepEqual(
    (await runRunbook(scene, once)).map((each) => each.situation.kind),
    ["held", "early", "early"],
  );
  await runRunbook(scene, whole);
  await runRunbook(scene, whole);
  assert.deepEqual(scene.acts, ["a", "b", "c"]);
  const times = (await scene.log.read()).flatMap(({ event, at }) =>
    event.what === "done" ? [at] : [],
  );
  assert.deepEqual(times, [attack - hour / 2, attack, attack]);
});

test("what fails is tried again, then given up, and what depends on it is held", async (t) => {
  const scene = sceneOf(
    t,
    runbookOf([{ id: "a" }, { id: "b", after: ["a"] }, { id: "c" }]),
    (id) => {
      if (id === "a") throw new NameError("NAME_UNREACHABLE", "it does not answer.");
    },
  );
  const end = await runRunbook(scene, whole);
  assert.deepEqual(
    end.map((each) => each.situation.kind),
    ["failed", "held", "done"],
  );
  const { length } = (await scene.log.read()).filter(({ event }) => event.what === "failed");
  assert.equal(length, 5);
  const mistaken = sceneOf(t, runbookOf([{ id: "a" }]), () => {
    throw new UsageError("KEY_MISSING", "there is no key.");
  });
  await runRunbook(mistaken, whole);
  const failed = (await mistaken.log.read()).filter(({ event }) => event.what === "failed");
  assert.equal(failed.length, 1, "nobody mends it by waiting");
});

test("a step that was begun when the run was killed is done again, and told", async (t) => {
  let isFirst = true;
  const scene = sceneOf(t, runbookOf([{ id: "a", at: "T-1h", within: "1m" }]), () => {
    if (isFirst) throw new Error("killed");
  });
  await assert.rejects(runRunbook(scene, once), /killed/);
  isFirst = false;
  scene.clock.jump(2 * hour);
  await runRunbook(scene, whole);
  assert.deepEqual(scene.acts, ["a"]);
  const doing = scene.news.filter((each) => each.kind === "doing");
  assert.deepEqual(
    doing.map((each) => each.isAgain),
    [false, true],
  );
});

test("of two that run at once one is told, and a dry run writes nothing", async (t) => {
  const scene = sceneOf(t, runbookOf([{ id: "a", at: "T-1h" }]));
  await runRunbook(scene, { isOnce: false, isDry: true });
  assert.deepEqual(scene.acts, ["a"]);
  assert.deepEqual(await scene.log.read(), []);
  const lock = await scene.log.takeRunner();
  await assert.rejects(runRunbook(scene, once), { code: "HOST_BUSY" });
  lock.release();
  await runRunbook(scene, once);
});

test("nothing is done while the clock has jumped, or the file is half written", async (t) => {
  const scene = sceneOf(t, runbookOf([{ id: "a", at: "T" }]));
  let looks = 0;
  const load = (): Promise<Runbook> => {
    looks++;
    if (looks === 2) scene.clock.jump(3 * hour);
    if (looks === 4) scene.clock.jump(-3 * hour);
    if (looks === 6) return Promise.reject(new UsageError("CONFIG_MALFORMED", "line 3."));
    return scene.load();
  };
  await runRunbook({ ...scene, load }, whole);
  const waits = scene.news.flatMap((each) => (each.kind === "waits" ? [each.why] : []));
  assert.match(waits[0] ?? "", /jumped 10800 s ahead/);
  assert.equal(waits[1], "line 3.");
  const done = (await scene.log.read()).find(({ event }) => event.what === "done");
  assert.equal(done?.at, attack);
  scene.clock.jump(-hour);
  await assert.rejects(runRunbook(scene, once), { code: "HOST_CLOCK" });
});

test("who may approve is in the log, and so is each change of it", async (t) => {
  const approver = { name: "alice", key: "a".repeat(64) };
  let approvers = [approver];
  const scene = sceneOf(t, () => runbookOf([{ id: "a" }], { approvers }));
  await runRunbook(scene, once);
  await runRunbook(scene, once);
  approvers = [approver, { name: "bob", key: "b".repeat(64) }];
  await runRunbook(scene, once);
  const told = (await scene.log.read()).filter(({ event }) => event.what === "approvers");
  assert.equal(told.length, 2);
});
