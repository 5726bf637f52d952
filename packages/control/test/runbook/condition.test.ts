import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Condition,
  judgeCondition,
  outageOf,
  type Sample,
  type Verdict,
} from "../../src/index.ts";

const now = 1_000_000_000;
const condition: Condition = {
  id: "overload",
  source: { kind: "origin", url: "http://127.0.0.1:9100" },
  measure: "refusedPerSecond",
  side: "above",
  threshold: 500,
  forMs: 60_000,
};

function samples(value: (second: number) => number, until = 0): readonly Sample[] {
  return Array.from({ length: 60 - until }, (_, at) => {
    return { at: now - (59 - at) * 1000, value: value(59 - at) };
  });
}

function holds(some: readonly Sample[], changed: Partial<Condition> = {}): boolean {
  return judgeCondition({ ...condition, ...changed }, { kind: "samples", samples: some }, now)
    .holds;
}

test("a condition holds when every second of its time is beyond the threshold", () => {
  assert.equal(holds(samples(() => 501)), true);
  assert.equal(holds(samples(() => 500)), false);
  assert.equal(holds(samples((second) => (second === 30 ? 0 : 900))), false);
  assert.equal(holds(samples((second) => (second === 0 ? 0 : 900))), false);
  assert.equal(
    holds(
      samples(() => 10),
      { side: "below" },
    ),
    true,
  );
});

test("what is not known is never true", () => {
  const all = samples(() => 900);
  assert.equal(holds([]), false);
  assert.equal(holds([], { side: "below" }), false);
  assert.equal(holds(all.slice(20)), false, "the start is missing");
  assert.equal(holds(all.slice(0, -20)), false, "the end is missing");
  assert.equal(holds([...all.slice(0, 20), ...all.slice(35)]), false, "the middle is missing");
  assert.equal(holds([...all.slice(0, 20), ...all.slice(25)]), true, "a busy machine tells late");
  assert.equal(holds(all.map((each) => ({ ...each, at: each.at + 3_600_000 }))), false, "ahead");
  const missing = judgeCondition(condition, { kind: "missing", why: "nothing listens there" }, now);
  assert.deepEqual(missing, { holds: false, why: "nothing listens there" });
});

/** Rounds of probes, one a minute until now, in which routes `a` and `b` were found to be so. */
function outage(...rounds: readonly (readonly [Verdict, Verdict])[]): boolean {
  const sights = rounds.flatMap(([a, b], index) => {
    const at = now - (rounds.length - 1 - index) * 60_000;
    return [
      { at, id: "a", verdict: a },
      { at, id: "b", verdict: b },
    ];
  });
  const gone: Condition = {
    id: "gone",
    source: { kind: "probes", route: "a" },
    measure: "outage",
    side: "above",
    threshold: 0,
    forMs: 180_000,
  };
  return judgeCondition(gone, { kind: "samples", samples: outageOf("a", sights) }, now).holds;
}

test("a route is out when each round of the time found it of no use, and others of some", () => {
  const dead = ["dead", "ok"] as const;
  const good = ["ok", "ok"] as const;
  assert.equal(outage(good, dead, dead, dead, dead), true);
  assert.equal(outage(good, dead, ["lying", "ok"], ["stale", "slow"], dead), true);
  assert.equal(outage(dead, dead, good, dead), false);
  assert.equal(outage(dead, dead, dead, ["slow", "ok"]), false);
  assert.equal(outage(dead, dead), true, "a round may be late");
  assert.equal(outage(), false);
  assert.equal(outage(dead, dead, dead, ["unknown", "ok"]), false, "our own proxy");
  assert.equal(outage(dead, dead, dead, ["dead", "dead"]), false, "our own network");
  assert.equal(outage(dead, dead, dead, ["dead", "dead"], dead), true, "it was that before");
});
