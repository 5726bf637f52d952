import assert from "node:assert/strict";
import { test } from "node:test";
import { cautiousPolicy, type ProbePolicy, policyFrom } from "../src/probes/policy.ts";
import type { Verdict } from "../src/probes/probed.ts";
import { type MadeChange, type Proposal, propose, verdictsByRound } from "../src/probes/propose.ts";

const minute = 60_000;
const letters: Readonly<Record<string, Verdict>> = {
  o: "ok",
  d: "dead",
  s: "stale",
  l: "lying",
  u: "unknown",
  r: "refused",
};
const automatic: ProbePolicy = {
  ...cautiousPolicy,
  drain: { ...cautiousPolicy.drain, isAutomatic: true },
  restore: { isAutomatic: true, rounds: 3 },
};

interface Case {
  /** Each route's verdicts, one letter a round and minute, the newest last. */
  readonly found: Readonly<Record<string, string>>;
  readonly draining?: readonly string[];
  readonly changes?: readonly (readonly [minutesAgo: number, id: string, MadeChange["kind"]])[];
  readonly policy?: ProbePolicy;
}

function outcome({ found, draining = [], changes = [], policy = automatic }: Case): {
  readonly isCutOff: boolean;
  readonly proposals: readonly Proposal[];
} {
  const length = Math.max(...Object.values(found).map((text) => text.length));
  const now = length * minute;
  const sights = Object.entries(found).flatMap(([id, text]) => {
    return text.split("").map((letter, at) => {
      return { at: (at + 1) * minute, id, verdict: letters[letter] ?? "unknown" };
    });
  });
  return propose(
    {
      routes: Object.keys(found).map((id) => {
        return { id, state: draining.includes(id) ? "draining" : "active" };
      }),
      rounds: verdictsByRound(sights),
      changes: changes.map(([ago, id, kind]) => ({ at: now - ago * minute, id, kind })),
      now,
    },
    policy,
  );
}

/** `drain a`, or `drain a, held: why` of each. */
function told(what: Case): readonly string[] {
  return outcome(what).proposals.map(({ kind, id, held }) => {
    return held === null ? `${kind} ${id}` : `${kind} ${id}, held: ${held}`;
  });
}

const fine = { b: "oooooooo", c: "oooooooo" };

test("a route is drained that failed in enough of its last rounds, the newest among them", () => {
  assert.deepEqual(told({ found: { ...fine, a: "oooododd" } }), ["drain a"]);
  assert.deepEqual(told({ found: { ...fine, a: "oooodood" } }), []);
  assert.deepEqual(told({ found: { ...fine, a: "oooodddo" } }), []);
  assert.deepEqual(told({ found: { ...fine, a: "oooorudl" } }), ["drain a"]);
  const [proposal] = outcome({ found: { ...fine, a: "oooorudl" } }).proposals;
  assert.equal(proposal?.why, "lying, and failed in 3 of 5 rounds");
});

test("a route is drained that has been stale for long enough, without a break", () => {
  const long = { b: "o".repeat(40), c: "o".repeat(40) };
  assert.deepEqual(told({ found: { ...long, a: `${"o".repeat(9)}${"s".repeat(31)}` } }), [
    "drain a",
  ]);
  assert.deepEqual(told({ found: { ...long, a: `${"s".repeat(20)}o${"s".repeat(19)}` } }), []);
});

test("nothing is done by itself that the policy does not say", () => {
  const found = { ...fine, a: "dddddddd" };
  assert.deepEqual(told({ found, policy: cautiousPolicy }), [
    "drain a, held: the policy leaves it to people",
  ]);
  assert.deepEqual(policyFrom({}), cautiousPolicy);
});

test("no drain leaves too few active routes, or none that is ok", () => {
  const tooFew = "held: fewer than 2 active routes would be left, or none that is ok";
  assert.deepEqual(told({ found: { a: "dddddd", b: "oooooo" } }), [`drain a, ${tooFew}`]);
  assert.deepEqual(told({ found: { a: "dddddd", b: "dddddd", c: "oooooo" } }), [
    "drain a",
    `drain b, ${tooFew}`,
  ]);
  assert.deepEqual(told({ found: { a: "dddddd", b: "ssssss", c: "oooood" } }), [
    `drain a, ${tooFew}`,
  ]);
});

test("when nothing answers it is our own network, and such rounds count for nothing later", () => {
  const found = { a: "oodddd", b: "oodddu", c: "oodddd" };
  assert.deepEqual(outcome({ found }), { isCutOff: true, proposals: [] });
  assert.deepEqual(told({ found: { a: "ooddddd", b: "oodddoo", c: "ooddddo" } }), []);
});

test("what a clock that was ahead has left counts for nothing until then", () => {
  const now = 8 * minute;
  const routes = ["a", "b", "c"].map((id) => ({ id, state: "active" as const }));
  const roundAt = (at: number, a: Verdict) => ({
    at,
    verdicts: new Map<string, Verdict>([["a", a], ...["b", "c"].map((id) => [id, "ok"] as const)]),
  });
  const dead = [8, 7, 6].map((at) => roundAt(at * minute, "dead"));
  const rounds = [roundAt(now + 3_600_000, "ok"), ...dead];
  const changes = [{ at: now + 3_600_000, id: "a", kind: "restore" as const }];
  const { proposals } = propose({ routes, rounds, changes, now }, automatic);
  assert.deepEqual(
    proposals.map(({ kind, id, held }) => [kind, id, held]),
    [["drain", "a", null]],
  );
});

test("only so many changes are made within an hour, and a changed route is left to settle", () => {
  const found = { ...fine, a: "dddddddd", d: "oooooooo" };
  const others = [1, 2, 3, 4].map((ago) => [ago, "x", "drain"] as const);
  assert.deepEqual(told({ found, changes: others }), [
    "drain a, held: 4 changes were made within an hour",
  ]);
  assert.deepEqual(told({ found, changes: [[61, "x", "drain"], ...others.slice(1)] }), ["drain a"]);
  assert.deepEqual(told({ found, changes: [[5, "a", "restore"]] }), [
    "drain a, held: it was changed a short while ago",
  ]);
});

test("what probes have drained is restored after good rounds, later each time, and nothing else is", () => {
  const found = { ...fine, a: "dddddooo" };
  const draining = ["a"];
  assert.deepEqual(told({ found, draining, changes: [[20, "a", "drain"]] }), ["restore a"]);
  assert.deepEqual(told({ found: { ...fine, a: "dddddsoo" }, draining }), []);
  assert.deepEqual(told({ found, draining }), ["restore a, held: it was not drained by probes"]);
  const twice = [
    [20, "a", "drain"],
    [99, "a", "drain"],
  ] as const;
  assert.deepEqual(told({ found, draining, changes: twice }), []);
  assert.deepEqual(told({ found: { ...fine, a: "ddoooooo" }, draining, changes: twice }), [
    "restore a",
  ]);
});
