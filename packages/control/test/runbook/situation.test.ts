import assert from "node:assert/strict";
import { test } from "node:test";
import { reviewTimes, type StepProgress, situationsOf } from "../../src/index.ts";
import { clockFault } from "../../src/runbook/clock-fault.ts";
import { attack, hour, runbookOf } from "../support/runbook.ts";

type Runbook = ReturnType<typeof runbookOf>;

const approvers = [
  { name: "alice", key: "a".repeat(64) },
  { name: "bob", key: "b".repeat(64) },
];

/** How each step stands: `kind`, by the steps' ids. */
function kinds(
  runbook: Runbook,
  now: number,
  progress: Readonly<Record<string, Partial<StepProgress>>> = {},
  conditions: ReadonlyMap<string, { readonly holds: boolean; readonly why: string }> = new Map(),
): Readonly<Record<string, string>> {
  const whole = Object.entries(progress).map(([id, part]): [string, StepProgress] => {
    return [id, { approvedBy: [], failures: 0, state: { kind: "open" }, ...part }];
  });
  const situations = situationsOf(runbook, new Map(whole), conditions, now);
  return Object.fromEntries(situations.map(({ step, situation }) => [step.id, situation.kind]));
}

function contentOf(runbook: Runbook, id: string): Runbook["steps"][number]["content"] {
  const step = runbook.steps.find((each) => each.id === id);
  assert.ok(step);
  return step.content;
}

test("a timed step is due from its time on, and missed when it is too late for it", () => {
  const runbook = runbookOf([
    { id: "a", at: "T-48h" },
    { id: "b", at: "T", within: "30m" },
  ]);
  assert.deepEqual(kinds(runbook, attack - 49 * hour), { a: "early", b: "early" });
  assert.deepEqual(kinds(runbook, attack - 25 * hour), { a: "due", b: "early" });
  assert.deepEqual(kinds(runbook, attack), { a: "missed", b: "due" });
  assert.deepEqual(kinds(runbook, attack + hour), { a: "missed", b: "missed" });
});

test("what comes after a step waits for it, and is held when it never comes", () => {
  const runbook = runbookOf([{ id: "b", after: ["a"] }, { id: "a" }, { id: "c", after: ["b"] }]);
  assert.deepEqual(kinds(runbook, attack - 1), { a: "early", b: "held", c: "held" });
  const done = { state: { kind: "done", at: 1, content: contentOf(runbook, "a") } } as const;
  assert.deepEqual(kinds(runbook, attack, { a: done }), { a: "done", b: "due", c: "held" });
  const [b, , c] = situationsOf(runbook, new Map(), new Map(), attack + 25 * hour);
  assert.deepEqual(b?.situation, { kind: "held", by: ["a"], isStuck: true });
  assert.deepEqual(c?.situation, { kind: "held", by: ["b"], isStuck: true });
});

test("an approved step waits for as many people as it names, and a manual one is never due", () => {
  const runbook = runbookOf(
    [
      { id: "a", mode: "approved", approvals: 2 },
      { id: "m", mode: "manual", do: { say: "call the press" } },
    ],
    { approvers },
  );
  const by = (...approvedBy: readonly string[]): Partial<StepProgress> => ({ approvedBy });
  assert.deepEqual(kinds(runbook, attack, { a: by("alice") }), { a: "people", m: "people" });
  const both = { a: by("alice", "bob"), m: by("alice") };
  assert.deepEqual(kinds(runbook, attack - 1, both), { a: "early", m: "early" });
  assert.deepEqual(kinds(runbook, attack, both), { a: "due", m: "people" });
});

test("a conditional step is due while its condition holds, and never without a word of it", () => {
  const conditions = [
    { id: "c", origin: "http://localhost:1", measure: "waiting", above: 1, for: "1m" },
  ] as const;
  const runbook = runbookOf([{ id: "a", when: "c" }], { conditions });
  assert.deepEqual(kinds(runbook, attack), { a: "condition" });
  for (const holds of [true, false]) {
    const verdicts = new Map([["c", { holds, why: "" }]]);
    assert.equal(kinds(runbook, attack, {}, verdicts)["a"], holds ? "due" : "condition");
  }
});

test("a step of unknown outcome is done again, and a failed one after a while, until it is given up", () => {
  const runbook = runbookOf([{ id: "a", within: "1m" }]);
  const content = contentOf(runbook, "a");
  const later = attack + hour;
  const begun = { state: { kind: "begun", at: attack, content } } as const;
  assert.deepEqual(kinds(runbook, later, { a: begun }), { a: "due" });
  const other = { state: { ...begun.state, content: "0".repeat(64) as typeof content } };
  assert.deepEqual(kinds(runbook, later, { a: other }), { a: "missed" });
  const state = { kind: "failed", at: later, content, code: "X", message: "x" } as const;
  const failed = { state: { ...state, isFinal: false }, failures: 2 };
  assert.deepEqual(kinds(runbook, later + 59_000, { a: failed }), { a: "retry" });
  assert.deepEqual(kinds(runbook, later + 60_000, { a: failed }), { a: "due" });
  const final = { state: { ...state, isFinal: true }, failures: 5 };
  assert.deepEqual(kinds(runbook, later + 24 * hour, { a: final }), { a: "failed" });
});

test("times that are past, and a step before what it comes after, are told", () => {
  const runbook = runbookOf([
    { id: "a", at: "T-48h", within: "1h" },
    { id: "b", at: "T-24h", after: ["c"] },
    { id: "c", at: "T-6h" },
  ]);
  const told = (now: number): readonly string[] => {
    return reviewTimes(runbook, new Set(), now).map(({ step, what }) => `${step}: ${what}`);
  };
  const [first] = told(attack - 72 * hour);
  assert.match(first ?? "", /^b: it comes after c, which is not before 2003-08-15T18:00:00Z/);
  assert.match(told(attack - 47.5 * hour)[0] ?? "", /^a: T-48h .* is past: it is due at once/);
  assert.match(told(attack - 40 * hour)[0] ?? "", /^a: T-48h .* it is not done any more/);
});

test("a clock that jumps, or is behind the log, is not followed", () => {
  const start = { wall: attack, steady: 0 };
  assert.equal(clockFault({ wall: attack + hour, steady: hour }, start, attack), undefined);
  assert.equal(clockFault({ wall: attack + hour + 60_000, steady: hour }, start, 0), undefined);
  assert.match(
    clockFault({ wall: attack + 2 * hour, steady: hour }, start, undefined) ?? "",
    /jumped 3600 s ahead/,
  );
  assert.match(clockFault({ wall: attack, steady: hour }, start, undefined) ?? "", /3600 s back/);
  assert.match(clockFault(start, start, attack + hour) ?? "", /set the one that is wrong/);
});
